// Small settings and drafts that this browser keeps. Storage can be full, forbidden or written by an older version.

export function readStored(storage: Storage, key: string): unknown {
  try {
    return JSON.parse(storage.getItem(`cti.${key}`) ?? 'null')
  } catch {
    return null
  }
}

export function writeStored(storage: Storage, key: string, value: unknown): void {
  try {
    if (value === null) storage.removeItem(`cti.${key}`)
    else storage.setItem(`cti.${key}`, JSON.stringify(value))
  } catch {
    // Not kept, then; nothing depends on it.
  }
}
