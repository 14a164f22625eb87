import { beforeEach, describe, expect, it } from 'vitest'
import { Desk } from '../src/lib/desk.svelte'
import { call, card, pop, snapshot } from './made'

let busy = false
let desk: Desk

beforeEach(() => {
  busy = false
  desk = new Desk(() => busy)
})

const answered = (id: string) => desk.apply({ seq: 0, type: 'call', call: call(id, { state: 'connected', answered_at: 3_000 }) }, 0)
const gone = (id: string, at = 9_000) => desk.apply({ seq: 0, type: 'call.gone', call: id, cause: 'normal_clearing' }, at)

describe('a call that rings', () => {
  it('shows its card, and the keyboard goes there', () => {
    desk.apply(pop('a'), 0)
    expect(desk.shown?.call).toBe('a')
    expect(desk.ringing?.call).toBe('a')
    expect(desk.cardWanted).toBe(true)
  })

  it('leaves the keyboard to a person who is typing', () => {
    busy = true
    desk.apply(pop('a'), 0)
    expect(desk.shown?.call).toBe('a')
    expect(desk.cardWanted).toBe(false)
  })

  it('does not take away the form of the last call under their hands', () => {
    desk.apply(pop('a'), 0)
    answered('a')
    gone('a')
    busy = true
    desk.apply(pop('b'), 0)
    expect(desk.shown?.call).toBe('a')
    expect(desk.ringing?.call).toBe('b')
  })

  it('does not replace the card of the call in progress', () => {
    desk.apply(pop('a'), 0)
    answered('a')
    desk.apply(pop('b'), 0)
    expect(desk.shown?.call).toBe('a')
  })

  it('gives its pop out once, to whoever paints it', () => {
    desk.apply(pop('a'), 42)
    expect(desk.takeUnpainted('a')).toEqual({ pop: 'pop-a', received: 42 })
    expect(desk.takeUnpainted('a')).toBeUndefined()
  })

  it('shows what becomes known later', () => {
    desk.apply(pop('a'), 0)
    desk.apply({ seq: 0, type: 'card', card: card('a', { state: 'failed' }) }, 0)
    expect(desk.card('a').state).toBe('failed')
  })
})

describe('a call that is over', () => {
  it('keeps its card on the screen when somebody talked', () => {
    desk.apply(pop('a'), 0)
    answered('a')
    gone('a')
    expect(desk.shown?.call).toBe('a')
    expect(desk.overCall('a')?.endedAt).toBe(9_000)
  })

  it('makes room for the caller whom a colleague put through', () => {
    desk.apply(pop('question'), 0)
    answered('question')
    answered('customer')
    gone('question')
    expect(desk.shown?.call).toBe('customer')
  })

  it('leaves the screen when it was never answered, and stays reachable', () => {
    desk.apply(pop('a'), 0)
    gone('a')
    expect(desk.shown).toBeUndefined()
    expect(desk.find('a')).toBeDefined()
    expect(desk.card('a').state).toBe('unknown')
  })

  it('is forgotten after some others, unless it is the one on the screen', () => {
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
      desk.apply(pop(id), 0)
      if (id === 'a') busy = true
      answered(id)
      gone(id)
    }
    expect(desk.shown?.call).toBe('a')
    expect(desk.find('b')).toBeUndefined()
    expect(desk.find('g')).toBeDefined()
  })

  it('is not upset by a call it never heard of', () => {
    gone('nobody')
    expect(desk.over).toEqual([])
  })
})

describe('a snapshot', () => {
  it('replaces the calls and keeps the card on the screen', () => {
    desk.apply(pop('a'), 0)
    answered('a')
    desk.apply(snapshot({ calls: [call('b'), call('a', { state: 'connected', answered_at: 3_000 })], cards: [card('a'), card('b')] }), 0)
    expect(desk.shown?.call).toBe('a')
    expect(desk.calls.map((one) => one.call)).toEqual(['b', 'a'])
  })

  it('ends a call whose end was missed', () => {
    desk.apply(pop('a'), 0)
    answered('a')
    desk.apply(snapshot({ now: 7_000 }), 0)
    expect(desk.calls).toEqual([])
    expect(desk.overCall('a')).toMatchObject({ cause: 'end_not_seen', endedAt: 7_000 })
  })

  it('after a reload shows the call in progress', () => {
    desk.apply(snapshot({ calls: [call('a', { state: 'connected', answered_at: 3_000 })], cards: [card('a', { state: 'hidden' })] }), 0)
    expect(desk.shown?.call).toBe('a')
    expect(desk.card('a').state).toBe('hidden')
  })
})

describe('notes of colleagues', () => {
  const note = { user: 'anna', author: '安娜', text: '要退货', at: 1 }
  const notes = (call: string, ...found: (typeof note)[]) => desk.apply({ seq: 0, type: 'notes', notes: { call, notes: found } }, 0)

  it('come before the pop, and belong to the call that a consultation is about', () => {
    notes('customer', note)
    desk.apply({ ...pop('question'), call: call('question', { about: 'customer' }) } as ReturnType<typeof pop>, 0)
    expect(desk.notes(desk.shown?.about ?? '')).toEqual([note])
    notes('customer')
    expect(desk.notes('customer')).toEqual([])
  })

  it('are there after a reload, and go with the last call about it', () => {
    desk.apply(snapshot({ calls: [call('a')], notes: [{ call: 'a', notes: [note] }] }), 0)
    expect(desk.notes('a')).toEqual([note])
    for (const id of ['b', 'c', 'd', 'e', 'f', 'g', 'h']) {
      gone(desk.calls[0]?.call ?? '')
      desk.apply(pop(id), 0)
    }
    expect(desk.notes('a')).toEqual([])
  })
})
