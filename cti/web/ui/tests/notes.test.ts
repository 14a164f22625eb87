import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { api } from '../src/lib/api'
import { CallNote } from '../src/lib/notes.svelte'

const OK = { ok: true, data: {} } as never
const NOT_THERE = { ok: false, refusal: { code: 'not_found', text: '', retryAfterSeconds: null } } as never
const DOWN = { ok: false, refusal: { code: 'storage_failed', text: '', retryAfterSeconds: null } } as never
let post: ReturnType<typeof vi.spyOn>

beforeEach(() => {
  vi.useFakeTimers()
  sessionStorage.clear()
  post = vi.spyOn(api, 'noteCall').mockResolvedValue(OK)
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
  it('waits for the end of the call, then for a pause in typing', async () => {
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
