import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { api } from '../src/lib/api'
import { CallNote, sendNotesBy } from '../src/lib/notes.svelte'
import type { Order, Outcome } from '../src/lib/socket'

const OK = { ok: true, data: {} } as never
const NOT_THERE = { ok: false, refusal: { code: 'not_found', text: '', retryAfterSeconds: null } } as never
const DOWN = { ok: false, refusal: { code: 'storage_failed', text: '', retryAfterSeconds: null } } as never
const OFFLINE: Outcome = { done: false, code: 'offline', text: '' }
const DONE: Outcome = { done: true, now: 0 }
let post: ReturnType<typeof vi.spyOn>
const send = vi.fn<(order: Order) => Promise<Outcome>>()
sendNotesBy(send)

beforeEach(() => {
  vi.useFakeTimers()
  sessionStorage.clear()
  post = vi.spyOn(api, 'noteCall').mockResolvedValue(OK)
  send.mockReset().mockResolvedValue(OFFLINE)
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

function type(note: CallNote, text: string): void {
  note.text = text
  note.typed()
}

describe('a note', () => {
  it('goes to the service at each pause in typing, and is safe then', async () => {
    send.mockResolvedValue(DONE)
    const note = new CallNote('a')
    type(note, 'x')
    await vi.advanceTimersByTimeAsync(500)
    type(note, ' x y ')
    await vi.advanceTimersByTimeAsync(700)
    expect(send).toHaveBeenCalledExactlyOnceWith({ type: 'note.write', call: 'a', text: 'x y' })
    expect(note.saved).toBe(true)
    note.end()
    expect(await note.flush()).toBe(true)
    expect(post).not.toHaveBeenCalled()
  })

  it('is taken from the service where nothing was typed here', () => {
    const empty = new CallNote('a')
    empty.adopt('there')
    expect(empty).toMatchObject({ text: 'there', saved: true })
    const typed = new CallNote('b')
    type(typed, 'here')
    typed.adopt('there')
    expect(typed.text).toBe('here')
  })

  it('that the service does not take waits for the end of the call, then for a pause in typing', async () => {
    const note = new CallNote('a')
    type(note, 'x')
    await vi.advanceTimersByTimeAsync(5_000)
    expect(post).not.toHaveBeenCalled()
    note.end()
    type(note, 'x y')
    await vi.advanceTimersByTimeAsync(1_500)
    expect(post).toHaveBeenCalledExactlyOnceWith({ call: 'a', note: 'x y' })
    expect(note.saved).toBe(true)
  })

  it('survives a reload, written or not', () => {
    type(new CallNote('a'), 'x')
    expect(new CallNote('a')).toMatchObject({ text: 'x', saved: false })
  })

  it('waits for the record of the call', async () => {
    post.mockResolvedValueOnce(NOT_THERE)
    const note = new CallNote('a')
    note.end()
    type(note, 'x')
    const done = note.flush()
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await done).toBe(true)
    expect(note.refusal).toBeNull()
  })

  it('that cannot be written stays, and says so', async () => {
    post.mockResolvedValue(DOWN)
    const note = new CallNote('a')
    note.end()
    type(note, 'x')
    expect(await note.flush()).toBe(false)
    expect(note).toMatchObject({ text: 'x', saved: false })
    expect(note.refusal).not.toBeNull()
  })

  it('is written again when more was typed meanwhile', async () => {
    const note = new CallNote('a')
    note.end()
    type(note, 'x')
    post.mockImplementationOnce(async () => {
      type(note, 'x y')
      return OK
    })
    await note.flush()
    expect(post.mock.calls.map(([form]: [{ note: string }]) => form.note)).toEqual(['x', 'x y'])
    expect(note.saved).toBe(true)
  })
})
