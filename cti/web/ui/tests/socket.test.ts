import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ServiceClock } from '../src/lib/clock'
import { CLOSE_ABUSE, CLOSE_REPLACED, CLOSE_RESTART, CLOSE_SIGNED_OUT, CLOSE_SLOW } from '../src/lib/messages'
import { ScreenSocket, type SocketEvents } from '../src/lib/socket'
import { snapshot } from './made'

class FakeSocket {
  static readonly OPEN = 1
  static all: FakeSocket[] = []
  readyState = 0
  sent: { id: number; type: string }[] = []
  onopen = () => {}
  onmessage = (_: { data: string }) => {}
  onclose = (_: { code: number }) => {}

  constructor(readonly url: string) {
    FakeSocket.all.push(this)
  }

  send(data: string) {
    this.sent.push(JSON.parse(data))
  }

  close() {
    this.readyState = 3
  }

  opens() {
    this.readyState = FakeSocket.OPEN
    this.onopen()
  }

  says(message: object) {
    this.onmessage({ data: JSON.stringify(message) })
  }

  breaks(code = 1006) {
    this.readyState = 3
    this.onclose({ code })
  }
}

const latest = () => FakeSocket.all.at(-1)!
let events: { [K in keyof SocketEvents]: ReturnType<typeof vi.fn<SocketEvents[K]>> }
let clock: ServiceClock
let socket: ScreenSocket

function opened(): FakeSocket {
  socket.open()
  latest().opens()
  latest().says(snapshot())
  return latest()
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('WebSocket', FakeSocket)
  vi.spyOn(Math, 'random').mockReturnValue(1)
  FakeSocket.all = []
  events = { message: vi.fn(), state: vi.fn(), closed: vi.fn(), stillSignedIn: vi.fn(async () => true) }
  clock = new ServiceClock()
  socket = new ScreenSocket('ws://here/ws', clock, events)
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

describe('resuming', () => {
  it('asks for what came after the last frame it has, and accepts that', () => {
    const first = opened()
    first.says({ seq: 2, type: 'link', link: { up: false, since: 0 } })
    first.breaks(CLOSE_RESTART)
    vi.advanceTimersByTime(1_000)
    expect(latest().url).toBe('ws://here/ws?resume=s1.2')

    latest().opens()
    latest().says({ seq: 2, type: 'resumed', now: 5_000 })
    latest().says({ seq: 3, type: 'link', link: { up: true, since: 0 } })
    expect(events.message.mock.calls.map(([message]) => message.type)).toEqual(['snapshot', 'link', 'resumed', 'link'])
  })

  it('takes a fresh snapshot when a frame is missing', () => {
    const first = opened()
    first.says({ seq: 3, type: 'link', link: { up: false, since: 0 } })
    expect(latest()).not.toBe(first)
    expect(latest().url).toBe('ws://here/ws')
    expect(events.message).toHaveBeenCalledTimes(1)
  })

  it('takes a fresh snapshot after it was cut for being slow', () => {
    opened().breaks(CLOSE_SLOW)
    vi.advanceTimersByTime(1_000)
    expect(latest().url).toBe('ws://here/ws')
  })

  it('hears nothing more from a socket that was given up', () => {
    const first = opened()
    first.says({ seq: 9, type: 'link', link: { up: false, since: 0 } })
    first.says({ seq: 2, type: 'link', link: { up: false, since: 0 } })
    expect(events.message).toHaveBeenCalledTimes(1)
  })
})

describe('reconnecting', () => {
  it('waits 1, 2, 4 … 30 seconds', async () => {
    socket.open()
    for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
      const before = FakeSocket.all.length
      latest().breaks()
      await vi.advanceTimersByTimeAsync(seconds * 1_000 - 1)
      expect(FakeSocket.all.length).toBe(before)
      await vi.advanceTimersByTimeAsync(1)
      expect(FakeSocket.all.length).toBe(before + 1)
    }
  })

  it('spreads the tries of many screens', () => {
    vi.mocked(Math.random).mockReturnValue(0)
    opened().breaks()
    vi.advanceTimersByTime(500)
    expect(FakeSocket.all.length).toBe(2)
  })

  it('tries at once when the network comes back', () => {
    opened().breaks()
    socket.hurry()
    expect(FakeSocket.all.length).toBe(2)
    vi.advanceTimersByTime(5_000)
    expect(FakeSocket.all.length).toBe(2)
  })

  it('stays away for a while after a close for abuse', () => {
    opened().breaks(CLOSE_ABUSE)
    vi.advanceTimersByTime(9_999)
    expect(FakeSocket.all.length).toBe(1)
    vi.advanceTimersByTime(1)
    expect(FakeSocket.all.length).toBe(2)
  })

  it('stops when signed out or replaced', () => {
    opened().breaks(CLOSE_SIGNED_OUT)
    expect(events.closed).toHaveBeenLastCalledWith('signed_out')
    socket.open()
    latest().breaks(CLOSE_REPLACED)
    expect(events.closed).toHaveBeenLastCalledWith('replaced')
    vi.advanceTimersByTime(60_000)
    expect(FakeSocket.all.length).toBe(2)
  })

  it('stops when the upgrade was refused because the session is over', async () => {
    events.stillSignedIn.mockResolvedValue(false)
    socket.open()
    latest().breaks()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(events.closed).toHaveBeenCalledWith('signed_out')
    expect(FakeSocket.all.length).toBe(1)
  })

  it('goes on where it was after logging in again', () => {
    opened().breaks(CLOSE_SIGNED_OUT)
    socket.open()
    expect(latest().url).toBe('ws://here/ws?resume=s1.1')
  })
})

describe('commands', () => {
  it('settle with the reply to their own id', async () => {
    const wire = opened()
    const ready = socket.send({ type: 'agent.set_state', state: 'ready' })
    const busy = socket.send({ type: 'agent.set_state', state: 'not_ready' })
    const [first, second] = wire.sent.filter((one) => one.type === 'agent.set_state')
    wire.says({ seq: 2, type: 'refusal', id: second!.id, code: 'link_down', text: 'no link' })
    wire.says({ seq: 3, type: 'done', id: first!.id, now: 1 })
    expect(await ready).toEqual({ done: true, now: 1 })
    expect(await busy).toEqual({ done: false, code: 'link_down', text: 'no link' })
  })

  it('say so when there is no answer, no connection, or the connection goes', async () => {
    expect(await socket.send({ type: 'clock.sync' })).toMatchObject({ code: 'offline' })
    const wire = opened()
    wire.says({ seq: 2, type: 'refusal', id: wire.sent[0]!.id, code: 'too_many', text: '' }) // the clock can wait
    const slow = socket.send({ type: 'agent.set_state', state: 'ready' })
    await vi.advanceTimersByTimeAsync(4_999)
    const cut = socket.send({ type: 'agent.set_state', state: 'ready' })
    await vi.advanceTimersByTimeAsync(1)
    expect(await slow).toMatchObject({ code: 'no_answer' })
    wire.breaks()
    expect(await cut).toMatchObject({ code: 'lost' })
  })
})

describe('the clock', () => {
  it('is asked for several times at the start, and a silent connection is given up', async () => {
    const wire = opened()
    for (let seq = 2; seq < 7; seq++) {
      wire.says({ seq, type: 'done', id: wire.sent.at(-1)!.id, now: 5_000 })
      await vi.advanceTimersByTimeAsync(0)
    }
    expect(wire.sent.filter((one) => one.type === 'clock.sync').length).toBe(5)

    await vi.advanceTimersByTimeAsync(15_000 + 5_000)
    expect(events.state).toHaveBeenLastCalledWith('waiting', expect.any(Number))
  })

  it('believes the quickest round trip', () => {
    vi.spyOn(clock, 'now')
    clock.guess(1)
    clock.learn(100, 300, 10_200)
    clock.learn(400, 420, 10_610)
    clock.learn(500, 900, 99_999)
    const offset = clock.now() - (performance.timeOrigin + performance.now())
    expect(offset).toBeCloseTo(10_200, 0)
  })
})
