// Numbers that carry their own proof: the checks of cti/assist/checks.py, held to the same cases (tests/cases/forms.json).

export interface Wrong {
  code: string
  /** Counted from 0 in the text as it was typed. */
  at: number | null
}

const GAPS = ' -\t\u3000'
const PROVINCES = new Set(
  ('11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83').split(' '),
)
const ID_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
const ID_CHECKS = '10X98765432'
const CREDIT_DIGITS = '0123456789ABCDEFGHJKLMNPQRTUWXY'
const CREDIT_WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
const ATOM = /^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+/
const LABEL = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/

const wrong = (code: string, at: number | null = null): Wrong => ({ code, at })
const isDigit = (char: string) => char >= '0' && char <= '9' && char.length === 1

/** The text without gaps, and where each character of the result stood. */
function kept(text: string): { chars: string[]; places: number[] } {
  const chars: string[] = []
  const places: number[] = []
  ;[...text].forEach((char, index) => {
    if (GAPS.includes(char)) return
    chars.push(char)
    places.push(index)
  })
  return { chars, places }
}

/** The first that is no digit, but for those that *allows* lets pass. */
function stranger(chars: string[], places: number[], allows: (char: string, index: number) => boolean = () => false): Wrong | null {
  const index = chars.findIndex((char, at) => !isDigit(char) && !allows(char, at))
  return index < 0 ? null : wrong('characters', places[index])
}

function weighed(chars: string[], weights: number[], value: (char: string) => number): number {
  return weights.reduce((sum, weight, index) => sum + weight * value(chars[index] ?? ''), 0)
}

export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || text.startsWith('0000')) return false
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.valueOf()) && date.toISOString().startsWith(text)
}

function cnId(text: string, today: string): Wrong | null {
  const { chars, places } = kept(text)
  const odd = stranger(chars, places, (char, index) => index === 17 && 'Xx'.includes(char))
  if (odd) return odd
  if (chars.length !== 15 && chars.length !== 18) return wrong('length')
  if (!PROVINCES.has(chars.slice(0, 2).join(''))) return wrong('region', places[0])
  const born = chars.length === 18 ? chars.slice(6, 14).join('') : `19${chars.slice(6, 12).join('')}`
  const day = `${born.slice(0, 4)}-${born.slice(4, 6)}-${born.slice(6)}`
  if (!isDate(day) || day < '1850' || day > today) return wrong('birth_date', places[6])
  if (chars.length === 18 && ID_CHECKS[weighed(chars, ID_WEIGHTS, Number) % 11] !== chars[17]?.toUpperCase()) return wrong('checksum', places[17])
  return null
}

function cnMobile(text: string): Wrong | null {
  const all = kept(text)
  const whole = all.chars.join('')
  const start = whole.startsWith('+86') ? 3 : whole.startsWith('0086') ? 4 : 0
  const chars = all.chars.slice(start)
  const places = all.places.slice(start)
  const odd = stranger(chars, places)
  if (odd) return odd
  if (chars.length !== 11) return wrong('length')
  return chars[0] === '1' && '3456789'.includes(chars[1] ?? '') ? null : wrong('prefix', places[0])
}

function email(text: string): Wrong | null {
  const start = [...text].length - [...text.trimStart()].length
  const bare = text.trim()
  const at = bare.lastIndexOf('@')
  if (at < 0) return wrong('no_at')
  const local = bare.slice(0, at)
  if (bare.length > 254 || local.length > 64) return wrong('length')
  const good = ATOM.exec(local)?.[0].length ?? 0
  if (good === 0 || good !== local.length) return wrong('characters', start + good)
  const labels = bare.slice(at + 1).split('.')
  let position = start + at + 1
  if (labels.length < 2) return wrong('domain', position)
  for (const label of labels) {
    if (!LABEL.test(label)) return wrong('domain', position)
    position += label.length + 1
  }
  return null
}

function creditCode(text: string): Wrong | null {
  const { chars: typed, places } = kept(text)
  const chars = typed.map((char) => char.toUpperCase())
  const odd = chars.findIndex((char) => !CREDIT_DIGITS.includes(char))
  if (odd >= 0) return wrong('characters', places[odd])
  if (chars.length !== 18) return wrong('length')
  const letter = chars.slice(2, 8).findIndex((char) => !isDigit(char))
  if (letter >= 0) return wrong('region', places[letter + 2])
  const rest = weighed(chars, CREDIT_WEIGHTS, (char) => CREDIT_DIGITS.indexOf(char)) % 31
  return CREDIT_DIGITS[(31 - rest) % 31] === chars[17] ? null : wrong('checksum', places[17])
}

function bankCard(text: string): Wrong | null {
  const { chars, places } = kept(text)
  const odd = stranger(chars, places)
  if (odd) return odd
  if (chars.length < 12 || chars.length > 19) return wrong('length')
  const total = chars.toReversed().reduce((sum, char, index) => {
    const digit = Number(char) * (index % 2 ? 2 : 1)
    return sum + (digit > 9 ? digit - 9 : digit)
  }, 0)
  return total % 10 ? wrong('checksum', places.at(-1)) : null
}

const CHECKS: Record<string, (text: string, today: string) => Wrong | null> = {
  cn_id: cnId,
  cn_mobile: cnMobile,
  email,
  credit_code: creditCode,
  bank_card: bankCard,
}

/** What is wrong with *text* by the check of that name; a check that we do not know is left to the service. */
export function check(name: string, text: string, today: string): Wrong | null {
  return CHECKS[name]?.(text, today) ?? null
}
