/** What can be dialled of what somebody typed or what stands on a card: digits, with + in front; null when that is nothing. */
export function dialable(typed: string): string | null {
  const bare = typed
    .normalize('NFKC') // a Chinese keyboard writes full-width digits
    .replace(/[\s\-().·/\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
  return /^\+?[0-9*#]{2,31}$/.test(bare) ? bare : null
}
