// What a form's JSON Schema says, and whether values fit it: the subset that cti/assist/forms/schema.py writes. The
// service checks again and has the last word; both are held to the same cases (tests/cases/forms.json).

import { check, isDate } from './checks'

export interface Words {
  zh: string
  en: string
}

export type Condition =
  | { field: string; op: string; value?: unknown }
  | { not: Condition }
  | { all: Condition[] }
  | { any: Condition[] }

export interface Property {
  type: 'string' | 'integer' | 'number' | 'boolean' | 'array'
  format?: 'date' | 'time' | 'textarea'
  enum?: string[]
  items?: { enum?: string[]; type?: string }
  minLength?: number
  maxLength?: number
  maxItems?: number
  pattern?: string
  allOf?: { pattern: string }[]
  minimum?: number
  maximum?: number
  formatMinimum?: string
  formatMaximum?: string
  'x-labels': Words
  'x-help'?: Words
  'x-choices'?: Record<string, Words>
  'x-check'?: string
  'x-tree'?: string
  'x-pattern-says'?: Words
  'x-show-if'?: Condition
  'x-fills'?: string
}

/** What holds, for "required if": a schema of the whole form. */
interface Rule {
  required?: string[]
  properties?: Record<string, Record<string, unknown>>
  not?: Rule
  allOf?: Rule[]
  anyOf?: Rule[]
}

export interface FormSchema {
  properties: Record<string, Property>
  required: string[]
  allOf?: { if: Rule; then: { required: string[] } }[]
}

export type Branch = [zh: string, en: string, below: Branch[]]

export interface Tree {
  levels: Words[]
  choices: Branch[]
}

export type Values = Record<string, unknown>

export interface FieldError {
  path: string
  code: string
  values: Record<string, string>
  at: number | null
}

const LONGEST_LIST = 50
// eslint-disable-next-line no-control-regex
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]/g

export const isEmpty = (value: unknown): boolean =>
  value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)

export const fieldOf = (path: string): string => path.split('/')[0] ?? path

/** The value without surrounding space and control characters; null stands for nothing. */
export function plain(property: Property, value: unknown): unknown {
  if (typeof value !== 'string') return isEmpty(value) ? null : value
  const lines = property.format === 'textarea' ? value.replaceAll('\r\n', '\n') : value.replace(/[\r\n\t]+/g, ' ')
  return lines.replace(CONTROL, '').trim() || null
}

/** Which fields of the form are shown, with their values as they are checked and kept. */
export function shownValues(schema: FormSchema, given: Values): Map<string, unknown> {
  const shown = new Map<string, unknown>()
  for (const [name, property] of Object.entries(schema.properties)) {
    const condition = property['x-show-if']
    if (condition && !holds(condition, shown)) continue
    shown.set(name, plain(property, given[name]))
  }
  return shown
}

export function isRequired(schema: FormSchema, name: string, shown: Map<string, unknown>): boolean {
  if (schema.required.includes(name)) return true
  const rules = schema.allOf ?? []
  return rules.some((rule) => rule.then.required.includes(name) && fits(rule.if, shown))
}

/** What is wrong with what was filled in. *today* is a day such as 2026-12-31; *trees* are those that are loaded. */
export function validate(schema: FormSchema, given: Values, today: string, trees: Record<string, Tree> = {}): FieldError[] {
  const errors = Object.keys(given).filter((name) => !Object.hasOwn(schema.properties, name)).map((name) => error(name, 'unknown_field'))
  const shown = shownValues(schema, given)
  for (const [name, value] of shown) {
    const property = schema.properties[name]
    if (!property) continue
    if (isEmpty(value)) {
      if (isRequired(schema, name, shown)) errors.push(error(name, 'required'))
      continue
    }
    const found = errorOf(name, property, value, today, trees)
    if (found) errors.push(found)
  }
  return errors
}

function error(path: string, code: string, values: Record<string, string> = {}, at: number | null = null): FieldError {
  return { path, code, values, at }
}

function errorOf(name: string, property: Property, value: unknown, today: string, trees: Record<string, Tree>): FieldError | null {
  switch (property.type) {
    case 'boolean':
      return typeof value === 'boolean' ? null : error(name, 'type_yes_no')
    case 'integer':
    case 'number':
      return numberError(name, property, value)
    case 'array':
      return property['x-tree'] ? treeError(name, value, trees[property['x-tree']]) : choicesError(name, property, value)
    default:
      if (property.enum) return typeof value === 'string' && property.enum.includes(value) ? null : error(name, 'choice')
      if (property.format === 'date' || property.format === 'time') return momentError(name, property, value, today)
      return typeof value === 'string' ? textError(name, property, value, today) : error(name, 'type_text')
  }
}

function numberError(name: string, { type, minimum, maximum }: Property, value: unknown): FieldError | null {
  if (typeof value !== 'number' || !(Math.abs(value) < 1e15) || (type === 'integer' && !Number.isInteger(value))) return error(name, `type_${type}`)
  if (minimum !== undefined && value < minimum) return error(name, 'too_small', { limit: String(minimum) })
  return maximum !== undefined && value > maximum ? error(name, 'too_big', { limit: String(maximum) }) : null
}

function momentError(name: string, property: Property, value: unknown, today: string): FieldError | null {
  const isTime = property.format === 'time'
  const good = typeof value === 'string' && (isTime ? /^(?:[01][0-9]|2[0-3]):[0-5][0-9]$/.test(value) : isDate(value))
  if (!good) return error(name, isTime ? 'type_time' : 'type_date')
  const limit = (text: string | undefined) => (text === 'today' ? today : text)
  const low = limit(property.formatMinimum)
  const high = limit(property.formatMaximum)
  if (low && value < low) return error(name, 'too_early', { limit: low })
  return high && value > high ? error(name, 'too_late', { limit: high }) : null
}

function textError(name: string, property: Property, text: string, today: string): FieldError | null {
  const length = [...text].length
  const { minLength = 0, maxLength = Infinity } = property
  if (length < minLength) return error(name, 'too_short', { limit: String(minLength) })
  if (length > maxLength) return error(name, 'too_long', { limit: String(maxLength) })
  const checked = property['x-check']
  // The last of several patterns, or the only one, is the coarse form of the check.
  const pattern = checked ? property.allOf?.[0]?.pattern : property.pattern
  if (pattern && !new RegExp(pattern).test(text)) return error(name, 'pattern')
  const found = checked ? check(checked, text, today) : null
  return found ? error(name, `${checked}.${found.code}`, {}, found.at) : null
}

function choicesError(name: string, property: Property, value: unknown): FieldError | null {
  if (!Array.isArray(value) || value.length > LONGEST_LIST) return error(name, 'choice')
  const odd = value.findIndex((one, index) => !property.items?.enum?.includes(one as string) || value.indexOf(one) < index)
  return odd < 0 ? null : error(`${name}/${odd}`, 'choice')
}

function treeError(name: string, value: unknown, tree: Tree | undefined): FieldError | null {
  if (!Array.isArray(value)) return error(name, 'tree')
  if (!tree) return null
  let here = tree.choices
  for (const [index, step] of value.entries()) {
    const found = here.find(([zh]) => zh === step)
    if (!found) return error(`${name}/${index}`, 'tree')
    here = found[2]
  }
  return here.length > 0 ? error(`${name}/${value.length}`, 'tree_more') : null
}

// --- conditions ------------------------------------------------------------------------------------------------------

function holds(condition: Condition, values: Map<string, unknown>): boolean {
  if ('not' in condition) return !holds(condition.not, values)
  if ('all' in condition) return condition.all.every((part) => holds(part, values))
  if ('any' in condition) return condition.any.some((part) => holds(part, values))
  const found = values.get(condition.field)
  if (condition.op === 'filled') return !isEmpty(found)
  if (condition.op === 'in') return (condition.value as unknown[]).some((value) => compare(found, '=', value))
  return compare(found, condition.op, condition.value)
}

function compare(found: unknown, op: string, value: unknown): boolean {
  if (op === '!=') return !compare(found, '=', value)
  if (isEmpty(found)) return false
  if (op === 'has') return Array.isArray(found) && found.includes(value)
  const mine = typeof found === 'boolean' ? (found ? 'yes' : 'no') : found
  if (op === '=') return mine === value
  if (typeof mine !== typeof value) return false
  const [left, right] = [mine, value] as [number, number]
  return op === '<' ? left < right : op === '<=' ? left <= right : op === '>' ? left > right : left >= right
}

/** Whether the values that are not empty fit a rule. */
function fits(rule: Rule, values: Map<string, unknown>): boolean {
  const there = (name: string) => !isEmpty(values.get(name))
  return (
    (rule.required ?? []).every(there) &&
    Object.entries(rule.properties ?? {}).every(([name, of]) => !there(name) || suits(of, values.get(name))) &&
    (rule.allOf ?? []).every((part) => fits(part, values)) &&
    (!rule.anyOf || rule.anyOf.some((part) => fits(part, values))) &&
    !(rule.not && fits(rule.not, values))
  )
}

function suits(of: Record<string, unknown>, value: unknown): boolean {
  return Object.entries(of).every(([key, limit]) => {
    switch (key) {
      case 'const':
        return value === limit
      case 'enum':
        return (limit as unknown[]).includes(value)
      case 'contains':
        return Array.isArray(value) && value.includes((limit as { const: unknown }).const)
      case 'minimum':
      case 'formatMinimum':
        return compare(value, '>=', limit)
      case 'maximum':
      case 'formatMaximum':
        return compare(value, '<=', limit)
      case 'exclusiveMinimum':
      case 'formatExclusiveMinimum':
        return compare(value, '>', limit)
      case 'exclusiveMaximum':
      case 'formatExclusiveMaximum':
        return compare(value, '<', limit)
      default:
        return true
    }
  })
}
