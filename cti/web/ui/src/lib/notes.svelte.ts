// Notes on calls: typed during the call or after it, kept in this tab, and written to the service as soon as there is a
// record to write them on.

import { api, type Refusal } from './api'
import { forgetNote, readNote, writeNote } from './drafts'

const PAUSE_MS = 1_500
/** The record of a call is written a moment after its end. */
const LATER_MS = 2_000
const TRIES = 5

export class CallNote {
  text = $state('')
  saved = $state(true)
  refusal = $state.raw<Refusal | null>(null)
  private timer: ReturnType<typeof setTimeout> | undefined
  private over = false
  private saving: Promise<boolean> | null = null

  constructor(private readonly call: string) {
    const kept = readNote(call)
    this.text = kept.text
    this.saved = kept.saved
  }

  /** Call when something was typed. */
  typed(): void {
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

  /** Write what is not written yet; return whether all of it is. */
  flush(): Promise<boolean> {
    clearTimeout(this.timer)
    if (this.saved || !this.over) return Promise.resolve(true)
    this.saving ??= this.save().finally(() => (this.saving = null))
    return this.saving
  }

  private soon(): void {
    clearTimeout(this.timer)
    if (this.over) this.timer = setTimeout(() => void this.flush(), PAUSE_MS)
  }

  private keep(): void {
    writeNote(this.call, { text: this.text, saved: this.saved })
  }

  private async save(): Promise<boolean> {
    for (let tries = 1; ; tries++) {
      const text = this.text
      const answer = await api.noteCall({ call: this.call, note: text.trim() })
      this.refusal = answer.ok ? null : answer.refusal
      if (answer.ok) {
        this.saved = this.text === text
        this.keep()
        return this.saved || this.save()
      }
      if (answer.refusal.code !== 'not_found' || tries === TRIES) return false
      await new Promise((resolve) => setTimeout(resolve, LATER_MS))
    }
  }
}

const notes = new Map<string, CallNote>()
const MOST = 20

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
