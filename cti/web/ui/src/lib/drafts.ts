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

/** Of a form of the centre's own: what the service does not have yet. */
export interface FormDraft {
  form: string
  values: Record<string, unknown>
}

export function readFormDraft(about: string): FormDraft | null {
  const stored = readStored(sessionStorage, `${PREFIX}form.${about}`) as Partial<FormDraft> | null
  return typeof stored?.form === 'string' && typeof stored.values === 'object' ? { form: stored.form, values: stored.values } : null
}

export function writeFormDraft(about: string, draft: FormDraft): void {
  writeStored(sessionStorage, `${PREFIX}form.${about}`, draft)
}

export function forgetFormDraft(about: string): void {
  writeStored(sessionStorage, `${PREFIX}form.${about}`, null)
}

export interface NoteDraft {
  text: string
  saved: boolean
}

const NOTES = 'note.'

export function readNote(call: string): NoteDraft {
  const stored = readStored(sessionStorage, NOTES + call) as Partial<NoteDraft> | null
  return typeof stored?.text === 'string' ? { text: stored.text, saved: stored.saved === true } : { text: '', saved: true }
}

export function writeNote(call: string, note: NoteDraft): void {
  writeStored(sessionStorage, NOTES + call, note)
}

export function forgetNote(call: string): void {
  writeStored(sessionStorage, NOTES + call, null)
}

export function forgetDrafts(): void {
  const ours = [PREFIX, NOTES].map((prefix) => `cti.${prefix}`)
  for (const key of Object.keys(sessionStorage)) if (ours.some((prefix) => key.startsWith(prefix))) sessionStorage.removeItem(key)
}
