// A form while somebody fills it in: what they touched, its draft on the service, its errors, and saving it.

import { clock } from '../../lib/clock'
import { forgetFormDraft, readFormDraft, writeFormDraft } from '../../lib/drafts'
import type { DisputedField, FormConflict, FormErrors, FormPrompt, FormView } from '../../lib/messages'
import type { Refusal } from '../../lib/api'
import { formApi, loadTree, type Subject } from './api'
import { fieldOf, isEmpty, isRequired, plain, shownValues, validate, type FieldError, type FormSchema, type Property, type Tree, type Values } from './schema'

/** A pause in typing after which the draft is sent. */
const PAUSE_MS = 400
/** So long after a draft that could not be sent it is tried again. */
const AGAIN_MS = 5_000

/** What is wrong with a field: ours by its code, the service's with its sentences. */
export interface Problem extends Pick<FieldError, 'path' | 'code'> {
  values?: Record<string, string>
  at?: number | null
  said?: { zh: string; en: string }
}

export type Kept = 'clean' | 'typing' | 'draft' | 'unsent' | 'saving' | 'saved' | 'refused'

export class Filling {
  /** `none`: there is no form to fill in here. */
  state = $state<'loading' | 'none' | 'ready' | 'failed'>('loading')
  view = $state.raw<FormView | null>(null)
  touched = $state.raw<Values>({})
  confirmed = $state.raw<string[]>([])
  trees = $state.raw<Record<string, Tree>>({})
  kept = $state<Kept>('clean')
  keptAt = $state(0)
  refusal = $state.raw<Refusal | null>(null)
  disputed = $state.raw<DisputedField[]>([])
  /** Fields whose errors are told: they were left, or saving was tried. */
  private told = $state.raw<ReadonlySet<string>>(new Set())
  private refused = $state.raw<Problem[]>([])
  private focus = ''
  private timer: ReturnType<typeof setTimeout> | undefined
  private sending: Promise<void> | null = null
  private changedWhileSending = false

  constructor(readonly subject: Subject) {}

  readonly schema = $derived((this.view?.form_schema ?? { properties: {}, required: [] }) as unknown as FormSchema)
  readonly values = $derived<Values>({ ...this.view?.values, ...this.touched })
  readonly shown = $derived(shownValues(this.schema, this.values))
  /** Of a known customer, what was wrong before is no obstacle. */
  readonly problems = $derived.by<FieldError[]>(() => {
    const found = validate(this.schema, this.values, today(), this.trees)
    if (!this.view || this.view.customer === null) return found
    const before = new Set(validate(this.schema, this.view.values, today(), this.trees).map(({ path, code }) => `${path} ${code}`))
    return found.filter(({ path, code }) => fieldOf(path) in this.touched || !before.has(`${path} ${code}`))
  })
  readonly dirty = $derived(Object.keys(this.touched).length > 0 || this.confirmed.length > 0)
  /** To be asked now; what was answered meanwhile is left out. */
  readonly prompts = $derived<FormPrompt[]>(this.view?.prompts ?? [])

  get fields(): [string, Property][] {
    return Object.entries(this.schema.properties).filter(([name]) => this.shown.has(name))
  }

  get firstEmpty(): string | undefined {
    const asked = this.prompts.flatMap((prompt) => prompt.fields)
    const names = this.view?.customer === null ? this.fields.map(([name]) => name) : asked
    return names.find((name) => this.shown.has(name) && isEmpty(this.shown.get(name)))
  }

  /** The field in which a draft was left. */
  get leftAt(): string {
    return this.view?.draft?.focus ?? ''
  }

  problemOf(name: string): Problem | undefined {
    const ours = this.told.has(name) ? this.problems.find(({ path }) => fieldOf(path) === name) : undefined
    return ours ?? this.refused.find(({ path }) => fieldOf(path) === name)
  }

  /** Put *found*, by the customer's fields, where the form takes text and has none. */
  fillIn(found: Record<string, string>): void {
    for (const [name, property] of Object.entries(this.schema.properties)) {
      const value = found[property['x-fills'] ?? name]
      if (value && property.type === 'string' && isEmpty(this.values[name])) this.set(name, value)
    }
  }

  isRequired(name: string): boolean {
    return isRequired(this.schema, name, this.shown)
  }

  async load(): Promise<void> {
    const answer = await formApi.open(this.subject)
    if (!answer.ok) {
      this.refusal = answer.refusal
      if (this.state === 'loading') this.state = 'failed'
      return
    }
    this.refusal = null
    if (!answer.data) {
      this.state = 'none'
      return
    }
    await this.take(answer.data)
  }

  /** The record was written by somebody else: show it, and keep what was typed here. */
  async refresh(): Promise<void> {
    if (this.kept === 'saving') return
    const answer = await formApi.open(this.subject)
    if (answer.ok && answer.data) this.view = { ...answer.data, revision: this.dirty ? (this.view?.revision ?? '') : answer.data.revision }
  }

  set(name: string, value: unknown): void {
    const kept = isEmpty(value) ? null : value
    const before = this.view?.values[name] ?? null
    const { [name]: _, ...others } = this.touched
    this.touched = same(kept, before) ? others : { ...others, [name]: kept }
    this.refused = this.refused.filter(({ path }) => fieldOf(path) !== name)
    this.changed()
  }

  enter(name: string): void {
    this.focus = name
  }

  /** The person left the field: what is wrong with it may be told. */
  leave(name: string): void {
    if (name in this.touched) this.told = new Set([...this.told, name])
  }

  confirm(field: string): void {
    this.confirmed = this.confirmed.includes(field) ? this.confirmed.filter((one) => one !== field) : [...this.confirmed, field]
  }

  async takeOver(): Promise<void> {
    if (!this.view) return
    const answer = await formApi.takeOver({ ...this.subject, form: this.view.form })
    if (answer.ok) {
      forgetFormDraft(this.view.about)
      await this.take(answer.data)
    } else {
      this.refusal = answer.refusal
    }
  }

  /** Take one side of a field that two people wrote. */
  choose(field: string, side: 'mine' | 'theirs'): void {
    const found = this.disputed.find((one) => one.field === field)
    if (!found || !this.view) return
    this.view = { ...this.view, values: { ...this.view.values, [field]: found.theirs } }
    this.set(field, side === 'mine' ? found.mine : found.theirs)
    this.disputed = this.disputed.filter((one) => one !== found)
  }

  /** Return the name of the field to go to where it does not fit, '' where it was saved or could not be sent. */
  async save(): Promise<string> {
    const view = this.view
    if (!view || this.kept === 'saving' || this.disputed.length > 0) return ''
    this.refused = []
    const [first] = this.problems
    if (first) {
      this.told = new Set(Object.keys(this.schema.properties))
      await this.keep()
      return fieldOf(first.path)
    }
    clearTimeout(this.timer)
    await this.sending
    this.kept = 'saving'
    const answer = await formApi.save({ ...this.sent(view), confirmed: this.confirmed })
    if (answer.ok) {
      forgetFormDraft(view.about)
      this.touched = {}
      this.confirmed = []
      this.told = new Set()
      await this.take(answer.data)
      this.kept = 'saved'
      this.keptAt = answer.data.now
      return ''
    }
    this.kept = 'refused'
    const body = answer.refusal.body as Partial<FormErrors> | Partial<FormConflict> | undefined
    if (body?.code === 'form_errors') {
      this.refused = (body.errors ?? []).map(({ path, code, zh, en }) => ({ path, code, said: { zh, en } }))
      return fieldOf(this.refused[0]?.path ?? '')
    }
    if (body?.code === 'form_conflict') {
      this.disputed = body.fields ?? []
      const fresh = await formApi.open(this.subject)
      this.view = { ...(fresh.ok && fresh.data ? fresh.data : view), revision: body.revision ?? '' }
      return ''
    }
    this.refusal = answer.refusal
    return ''
  }

  /** Send what is typed now, if anything is unsent. */
  async flush(): Promise<void> {
    if (this.timer === undefined && this.kept !== 'unsent') return
    await this.keep()
  }

  private async take(view: FormView): Promise<void> {
    this.view = view
    this.touched = { ...view.draft?.values }
    const unsent = readFormDraft(view.about)
    if (unsent && unsent.form === view.form) this.touched = { ...this.touched, ...unsent.values }
    this.told = new Set(Object.keys(this.touched))
    if (view.draft) {
      this.kept = 'draft'
      this.keptAt = view.draft.at
      this.focus = view.draft.focus
    }
    // What somebody wrote since the draft was begun is found when it is saved.
    if (view.draft) this.view = { ...view, revision: view.draft.revision }
    this.state = 'ready'
    if (unsent) this.changed()
    const loaded = await Promise.all(Object.entries(view.trees).map(async ([name, version]) => [name, await loadTree(name, version)] as const))
    this.trees = Object.fromEntries(loaded.filter((pair): pair is [string, Tree] => pair[1] !== null))
  }

  private changed(): void {
    this.kept = 'typing'
    if (this.view) writeFormDraft(this.view.about, { form: this.view.form, values: this.touched })
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.keep(), PAUSE_MS)
  }

  /** Send the draft; one at a time, and once more when something was typed meanwhile. */
  private keep(): Promise<void> {
    clearTimeout(this.timer)
    this.timer = undefined
    if (this.sending) {
      this.changedWhileSending = true
      return this.sending
    }
    this.sending = this.send().finally(() => (this.sending = null))
    return this.sending
  }

  private async send(): Promise<void> {
    do {
      this.changedWhileSending = false
      const view = this.view
      if (!view) return
      const touched = this.touched
      const answer = await formApi.keep(this.sent(view))
      if (answer.ok) {
        if (this.touched === touched) forgetFormDraft(view.about)
        if (this.kept === 'typing' || this.kept === 'unsent') this.kept = Object.keys(touched).length > 0 ? 'draft' : 'clean'
        this.keptAt = answer.data.at
      } else {
        if (this.kept !== 'saving') this.kept = 'unsent'
        if (answer.refusal.code === 'unreachable' || answer.refusal.code === 'storage_failed') this.timer = setTimeout(() => void this.keep(), AGAIN_MS)
      }
    } while (this.changedWhileSending)
  }

  private sent(view: FormView) {
    const values = Object.fromEntries(
      Object.entries(this.touched).map(([name, value]) => {
        const property = this.schema.properties[name]
        return [name, property ? plain(property, value) : value]
      }),
    )
    return { ...this.subject, form: view.form, version: view.version, values, revision: view.revision, focus: this.focus }
  }
}

function same(one: unknown, other: unknown): boolean {
  return one === other || (Array.isArray(one) && Array.isArray(other) && one.length === other.length && one.every((item, index) => item === other[index]))
}

/** The day, as dates in forms are written. */
function today(): string {
  const now = new Date(clock.now())
  return new Date(now.valueOf() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10)
}
