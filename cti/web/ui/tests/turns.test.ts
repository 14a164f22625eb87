import { describe, expect, it } from 'vitest'
import { Turns } from '../src/phone/turns'

/** Work that ends when the test says so. */
function work(log: string[], name: string) {
  let end = () => {}
  const ended = new Promise<boolean>((resolve) => (end = () => resolve(true)))
  return { begin: () => (log.push(name), ended), end: () => end() }
}

describe('turns', () => {
  it('do only the latest of two that are asked for at once', async () => {
    const log: string[] = []
    const turns = new Turns()
    const hold = work(log, 'hold')
    const resume = work(log, 'resume')
    const held = turns.take(hold.begin)
    const resumed = turns.take(resume.begin)
    await Promise.resolve()
    expect(log).toEqual([])
    hold.end()
    resume.end()
    expect([await held, await resumed]).toEqual([false, true])
    expect(log).toEqual(['resume'])
  })

  it('finish what has begun, and do of the rest only the latest', async () => {
    const log: string[] = []
    const turns = new Turns()
    const hold = work(log, 'hold')
    const held = turns.take(hold.begin)
    await Promise.resolve()
    const [first, second] = [work(log, 'resume'), work(log, 'hold again')]
    const passed = turns.take(first.begin)
    const done = turns.take(second.begin)
    hold.end()
    second.end()
    expect([await held, await passed, await done]).toEqual([true, false, true])
    expect(log).toEqual(['hold', 'hold again'])
  })
})
