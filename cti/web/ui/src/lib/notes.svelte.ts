// Notes on calls: kept in this tab, and sent to the service while they are typed. It shows them to colleagues who get the
// call or are asked about it, and puts them into the call's record, whatever becomes of this page. Where it no longer
// knows the call, they are written into the record from here.

import { api, type Refusal } from './api'
import { forgetNote, readNote, writeNote } from './drafts'
import type { Order, Outcome } from './socket'

const PAUSE_MS = 700
/** The record of a call is written a moment after its end. */
const LATER_MS = 2_000
const TRIES = 5

type Send = (order: Order) => Promise<Outcome>
let send: Send = () => Promise.resolve({ done: false, code: 'offline', text: '' })

/** From now on notes go through *by*. */
export function sendNotesBy(by: Send): void {
  send = by
}

export class CallNote {
  text = $state('')
  saved = $state(true)
  refusal = $state.raw<Refusal | null>(null)
  /** Nothing was ever typed here. */
  private untouched: boolean
  private timer: ReturnType<typeof setTimeout> | undefined
  private over = false
  private saving: Promise<boolean> | null = null

  /** *call* is CallView.about. */
  constructor(private readonly call: string) {
    const kept = readNote(call)
    this.text = kept.text
    this.saved = kept.saved
    this.untouched = kept.text === ''
  }

  /** What this person wrote at another page, or before this one was lost. */
  adopt(text: string): void {
    if (!this.untouched) return
    this.text = text
    this.untouched = false
    this.keep()
  }

  /** Call when something was typed. */
  typed(): void {
    this.untouched = false
    this.saved = false
    this.keep()
    this.soon()
  }

  /** The call is over: from now on there is a record. */
  end(): void {
    if (this.over) return
    this.over = true
    if (!this.saved) this.soon()
  }

  /** Write what is not written yet; return whether all of it is, or will be when the call is over. */
  async flush(): Promise<boolean> {
    clearTimeout(this.timer)
    if (this.saved) return true
    this.saving ??= this.save().finally(() => (this.saving = null))
    return (await this.saving) || !this.over
  }

  private soon(): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.flush(), PAUSE_MS)
  }

  private keep(): void {
    writeNote(this.call, { text: this.text, saved: this.saved })
  }

  private async save(): Promise<boolean> {
    for (let tries = 1; ; tries++) {
      const text = this.text
      const shared = await send({ type: 'note.write', call: this.call, text: text.trim() })
      if (!shared.done && !this.over) return false
      const answer = shared.done ? null : await api.noteCall({ call: this.call, note: text.trim() })
      this.refusal = answer === null || answer.ok ? null : answer.refusal
      if (this.refusal === null) {
        this.saved = this.text === text
        this.keep()
        return this.saved || this.save()
      }
      if (this.refusal.code !== 'not_found' || tries === TRIES) return false
      await new Promise((resolve) => setTimeout(resolve, LATER_MS))
    }
  }
}

const notes = new Map<string, CallNote>()
const MOST = 20

/** *call* is CallView.about: a consultation has the note of the call that it is about. */
export function noteOf(call: string): CallNote {
  let note = notes.get(call)
  if (!note) notes.set(call, (note = new CallNote(call)))
  for (const [id, old] of notes) {
    if (notes.size <= MOST) break
    if (!old.saved) continue
    notes.delete(id)
    forgetNote(id)
  }
  return note
}

/** Write all that was typed; return whether that went through. */
export async function flushNotes(): Promise<boolean> {
  return (await Promise.all([...notes.values()].map((note) => note.flush()))).every(Boolean)
}

export function forgetNotes(): void {
  notes.clear()
}
