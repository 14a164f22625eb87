import { afterEach, describe, expect, it, vi } from 'vitest'
import { Command } from '../src/lib/command.svelte'
import { session } from '../src/lib/session.svelte'
import type { Order, Outcome } from '../src/lib/socket'

const READY: Order = { type: 'agent.set_state', state: 'ready' }

function answers(...outcomes: Outcome[]): Order[] {
  const sent: Order[] = []
  vi.spyOn(session, 'send').mockImplementation(async (order) => {
    sent.push(order)
    return outcomes.shift() ?? { done: true, now: 0 }
  })
  return sent
}

const fails = (code: 'no_answer' | 'lost' | 'outcome_unknown' | 'not_allowed'): Outcome => ({ done: false, code, text: '' })
const keyOf = (order: Order | undefined) => (order as { key?: string }).key

afterEach(() => vi.restoreAllMocks())

describe('a command', () => {
  it('carries a key of its own each time', async () => {
    const sent = answers()
    const command = new Command()
    await command.run(READY)
    await command.run(READY)
    expect(keyOf(sent[0])).toBeTruthy()
    expect(keyOf(sent[0])).not.toBe(keyOf(sent[1]))
  })

  it.each(['no_answer', 'lost'] as const)('after %s is sent again under the same key', async (code) => {
    const sent = answers(fails(code))
    const command = new Command()
    expect(await command.run(READY)).toBe(false)
    expect(command.repeatable).toBe(true)
    expect(await command.again()).toBe(true)
    expect(keyOf(sent[0])).toBe(keyOf(sent[1]))
    expect(command.error).toBe('')
  })

  it('whose outcome the service does not know is asked anew', async () => {
    const sent = answers(fails('outcome_unknown'))
    const command = new Command()
    await command.run(READY)
    await command.again()
    expect(keyOf(sent[0])).not.toBe(keyOf(sent[1]))
  })

  it('that would fail again offers no "again"', async () => {
    answers(fails('not_allowed'))
    const command = new Command()
    await command.run(READY)
    expect(command.error).not.toBe('')
    expect(command.repeatable).toBe(false)
  })

  it('is not sent twice while it is under way', async () => {
    const sent = answers()
    const command = new Command()
    await Promise.all([command.run(READY), command.run(READY)])
    expect(sent).toHaveLength(1)
  })
})
