import { describe, expect, it } from 'vitest'
import type { MateView } from '../src/lib/messages'
import { countsOf, inView, rowsOf, TeamBoard, type MateState } from '../src/lib/team.svelte'

function mate(user: string, state: MateState = 'ready', since = 0, queue = 'support'): MateView {
  const agent = {
    state,
    since,
    reason: '',
    queues: [queue],
    places: [],
    assigned: [],
    pending: null,
    asked: null,
    wrap_up: 'none' as const,
    wrap_up_until: null,
    can_extend: false,
    forced_by: '',
    why: '',
  }
  return { user, name: user.toUpperCase(), extension: '10', team: 'blue', agent, calls: [] }
}

const ALL = { text: '', state: '', queue: '' }
const keys = (people: MateView[], filter = ALL) => rowsOf(people, filter).map((row) => row.key)

describe('the people of a team', () => {
  it('are replaced by a whole frame, and changed and taken away by the others', () => {
    const board = new TeamBoard()
    expect(board.loaded).toBe(false)
    board.apply({ type: 'team', people: [mate('anna'), mate('bo')], gone: [], whole: true } as never)
    board.apply({ type: 'team', people: [mate('bo', 'talking')], gone: ['anna'], whole: false } as never)
    expect([...board.people.values()].map((one) => [one.user, one.agent.state])).toEqual([['bo', 'talking']])
    board.apply({ type: 'team', people: [], gone: [], whole: true } as never)
    expect(board.people.size).toBe(0)
    expect(board.loaded).toBe(true)
  })

  it('stand under their state, the longest in it first', () => {
    const people = [mate('anna', 'not_ready', 5), mate('bo', 'ready', 9), mate('cy', 'ready', 3)]
    expect(keys(people)).toEqual([':ready', 'cy', 'bo', ':not_ready', 'anna'])
    expect(countsOf(people).get('ready')).toBe(2)
  })

  it('are narrowed by text, state and queue', () => {
    const people = [mate('anna', 'ready', 1, 'sales'), mate('bo', 'talking')]
    expect(keys(people, { ...ALL, text: ' ANN ' })).toEqual([':ready', 'anna'])
    expect(keys(people, { ...ALL, state: 'talking' })).toEqual([':talking', 'bo'])
    expect(keys(people, { ...ALL, queue: 'sales' })).toEqual([':ready', 'anna'])
    expect(keys(people, { text: 'anna', state: 'talking', queue: '' })).toEqual([])
  })
})

describe('the rows that are drawn', () => {
  it.each([
    [1000, 0, 400, [0, 16]],
    [1000, 4000, 400, [94, 116]],
    [1000, 39_960, 400, [993, 1000]],
    [3, 0, 400, [0, 3]],
    [3, 90_000, 400, [3, 3]], // the list became shorter than where it stands
  ])('of %i, scrolled to %i in a window of %i', (rows, top, height, drawn) => {
    expect(inView(rows, top, height, 40)).toEqual(drawn)
  })
})
