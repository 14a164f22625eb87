import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PhoneLock } from '../src/phone/lock.svelte'

/** The browser's locks, as far as one name needs them. */
class FakeLocks {
  private queue: (() => void)[] = []
  private holder: { reject: (error: Error) => void } | null = null

  request(_name: string, options: { steal?: boolean }, run: () => Promise<void> | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const begin = () => {
        const mine = { reject }
        this.holder = mine
        void Promise.resolve(run()).then(() => {
          resolve()
          if (this.holder === mine) this.next()
        })
      }
      if (options.steal && this.holder) {
        this.holder.reject(new DOMException('', 'AbortError') as Error)
        begin()
      } else if (this.holder) this.queue.push(begin)
      else begin()
    })
  }

  private next(): void {
    this.holder = null
    this.queue.shift()?.()
  }
}

function tab() {
  const told = { gained: vi.fn(), lost: vi.fn() }
  return { ...told, lock: new PhoneLock(told.gained, told.lost) }
}

beforeEach(() => {
  vi.useFakeTimers()
  Object.defineProperty(navigator, 'locks', { value: new FakeLocks(), configurable: true })
})
afterEach(() => void vi.useRealTimers())

describe('the phone belongs to one tab', () => {
  it('the first that asks, and then the next', async () => {
    const [first, second] = [tab(), tab()]
    first.lock.ask()
    second.lock.ask()
    await vi.advanceTimersByTimeAsync(400)
    expect([first.lock.tenure, second.lock.tenure]).toEqual(['mine', 'elsewhere'])
    expect(second.lost).toHaveBeenCalledTimes(1)
    first.lock.give()
    await vi.advanceTimersByTimeAsync(0)
    expect(second.lock.tenure).toBe('mine')
  })

  it('is not said to be elsewhere while a tab reloads', async () => {
    const [old, fresh] = [tab(), tab()]
    old.lock.ask()
    fresh.lock.ask()
    await vi.advanceTimersByTimeAsync(100)
    old.lock.give()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(fresh.lost).not.toHaveBeenCalled()
    expect(fresh.lock.tenure).toBe('mine')
  })

  it('can be taken, and comes back when that tab goes', async () => {
    const [first, second] = [tab(), tab()]
    first.lock.ask()
    second.lock.ask()
    await vi.advanceTimersByTimeAsync(400)
    second.lock.ask(true)
    await vi.advanceTimersByTimeAsync(0)
    expect([first.lock.tenure, second.lock.tenure]).toEqual(['elsewhere', 'mine'])
    expect(first.lost).toHaveBeenCalledTimes(1)
    second.lock.give()
    await vi.advanceTimersByTimeAsync(0)
    expect(first.lock.tenure).toBe('mine')
    expect(first.gained).toHaveBeenCalledTimes(2)
  })
})
