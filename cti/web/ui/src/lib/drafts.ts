// Half-typed forms, by call: a reload or another call does not lose them. They go with the tab or the log-out.

import { readStored, writeStored } from './stored'

export interface NewCustomerDraft {
  name: string
  company: string
  tags: string
  note: string
}

const PREFIX = 'draft.'

export function readDraft(call: string): NewCustomerDraft {
  const stored = readStored(sessionStorage, PREFIX + call)
  return { name: '', company: '', tags: '', note: '', ...(typeof stored === 'object' ? stored : {}) }
}

export function writeDraft(call: string, draft: NewCustomerDraft): void {
  const isEmpty = Object.values(draft).every((text) => text === '')
  writeStored(sessionStorage, PREFIX + call, isEmpty ? null : draft)
}

export function forgetDraft(call: string): void {
  writeStored(sessionStorage, PREFIX + call, null)
}

export function forgetDrafts(): void {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(`cti.${PREFIX}`)) sessionStorage.removeItem(key)
}
