import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { settleSoon } from '../src/phone/ice'
import { shareOf } from '../src/phone/level.svelte'
import { dialable } from '../src/phone/number'
import { judge, sampleOf, type Sample } from '../src/phone/quality'
import { RelaySocket } from '../src/phone/relay'
import { callFailure, microphoneTrouble } from '../src/phone/trouble'

const sample = (changes: Partial<Sample> = {}): Sample => ({ received: 0, lost: 0, jitterMs: 5, roundTripMs: 20, lostThere: 0, ...changes })

describe('the quality of a call', () => {
  it.each([
    ['good', { received: 100 }],
    ['fair', { received: 98, lost: 2 }],
    ['fair', { received: 100, jitterMs: 45 }],
    ['fair', { received: 100, roundTripMs: 300 }],
    ['poor', { received: 90, lost: 10 }],
    ['poor', { received: 100, lostThere: 0.08 }],
    ['silent', { received: 0 }],
  ] as const)('is %s for %o', (grade, after) => {
    expect(judge(sample(), sample(after)).grade).toBe(grade)
  })

  it('counts what happened since the last look only', () => {
    expect(judge(sample({ received: 1000, lost: 900 }), sample({ received: 1100, lost: 900 })).lossPercent).toBe(0)
  })

  it('does not mind packets that came late after all', () => {
    expect(judge(sample({ received: 100, lost: 5 }), sample({ received: 205, lost: 2 })).grade).toBe('good')
  })

  it('is read from what the browser reports, with holes', () => {
    const report = [
      { type: 'inbound-rtp', kind: 'audio', packetsReceived: 50, packetsLost: 1, jitter: 0.004 },
      { type: 'remote-inbound-rtp', kind: 'audio', fractionLost: 0.02, roundTripTime: 0.031 },
      { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.5 },
      { type: 'codec' },
    ]
    expect(sampleOf(report)).toEqual({ received: 50, lost: 1, jitterMs: 4, roundTripMs: 31, lostThere: 0.02 })
    expect(sampleOf([{ type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.04 }]).roundTripMs).toBe(40)
    expect(sampleOf([])).toEqual({ received: 0, lost: 0, jitterMs: 0, roundTripMs: null, lostThere: 0 })
  })
})

describe('candidates', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('are enough half a second after the first, in each negotiation once', () => {
    const listener = settleSoon()
    const [first, second] = [vi.fn(), vi.fn()]
    listener({ ready: first })
    listener({ ready: first })
    vi.advanceTimersByTime(499)
    expect(first).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(first).toHaveBeenCalledTimes(1)
    listener({ ready: second })
    vi.advanceTimersByTime(500)
    expect([first, second].map((ready) => ready.mock.calls.length)).toEqual([1, 1])
  })
})

describe('what is typed to be dialled', () => {
  it.each([
    ['1102', '1102'],
    ['+86 138-0013-8000', '+8613800138000'],
    ['（0571）8888 6666', '057188886666'],
    ['１１０２', '1102'],
    ['\u202d1102\u202c', '1102'],
    ['*72', '*72'],
    ['110\r\n2', '1102'],
  ])('%s is %s', (typed, number) => expect(dialable(typed)).toBe(number))

  it.each(['', '1', 'anna', '1102@evil.example', '1102;x=1', '1102?Replaces=a', '+', '1'.repeat(40)])('%j is nothing', (typed) => {
    expect(dialable(typed)).toBeNull()
  })
})

describe('trouble', () => {
  it.each([
    ['NotAllowedError', 'mic_refused'],
    ['NotFoundError', 'mic_missing'],
    ['NotReadableError', 'mic_taken'],
    ['TypeError', 'mic_failed'],
  ])('%s is %s', (name, trouble) => expect(microphoneTrouble(new DOMException('', name))).toBe(trouble))

  it.each([
    ['Terminated', 0, null],
    ['Canceled', 0, null],
    ['Busy', 486, 'busy'],
    ['Rejected', 403, 'refused'],
    ['Rejected', 603, 'rejected'],
    ['Incompatible SDP', 488, 'media'],
    ['SIP Failure Code', 488, 'media'],
    ['Connection Error', 0, 'lost'],
    ['Something new', 0, 'other'],
  ])('a call that ends by %s (%d) is %s', (cause, status, failure) => expect(callFailure(cause, status)).toBe(failure))
})

describe('the level', () => {
  it('fills the meter from -60 dB to full scale', () => {
    expect(shareOf(0)).toBe(0)
    expect(shareOf(1)).toBe(1)
    expect(shareOf(0.001)).toBeCloseTo(0.5)
  })
})

class FakeWebSocket {
  static readonly OPEN = 1
  static readonly CONNECTING = 0
  static made: FakeWebSocket[] = []
  readyState = 0
  onopen: (() => void) | null = null
  onmessage: ((event: unknown) => void) | null = null
  onclose: ((event: unknown) => void) | null = null
  readonly send = vi.fn()
  constructor(
    readonly url: string,
    readonly protocol: string,
  ) {
    FakeWebSocket.made.push(this)
  }
  close(): void {
    this.readyState = 3
  }
  opens(): void {
    this.readyState = 1
    this.onopen?.()
  }
  closes(code: number): void {
    this.readyState = 3
    this.onclose?.({ code, wasClean: true, reason: '' })
  }
}

describe('the SIP socket', () => {
  const page = { protocol: 'https:', host: 'cti.example' }
  let relay: RelaySocket
  const events = { away: vi.fn(), over: vi.fn() }

  beforeEach(() => {
    FakeWebSocket.made = []
    vi.clearAllMocks()
    vi.stubGlobal('WebSocket', FakeWebSocket)
    relay = new RelaySocket('/sip?phone=a', events, page)
    relay.ondisconnect = vi.fn()
    relay.connect()
  })
  afterEach(() => vi.unstubAllGlobals())

  it('goes to the own origin, safely when the page is', () => {
    expect(FakeWebSocket.made[0]).toMatchObject({ url: 'wss://cti.example/sip?phone=a', protocol: 'sip' })
    expect(relay.via_transport).toBe('WSS')
    relay.connect()
    expect(FakeWebSocket.made).toHaveLength(1)
  })

  it('is opened again after a restart or a lost switch', () => {
    FakeWebSocket.made[0]!.opens()
    FakeWebSocket.made[0]!.closes(4502)
    expect(events.away).toHaveBeenCalledWith(4502)
    expect(relay.ondisconnect).toHaveBeenCalled()
    relay.connect()
    expect(FakeWebSocket.made).toHaveLength(2)
  })

  it.each([4401, 4404, 4409])('is given up on %d', (code) => {
    FakeWebSocket.made[0]!.closes(code)
    expect(events.over).toHaveBeenCalledWith(code)
    relay.connect()
    expect(FakeWebSocket.made).toHaveLength(1)
  })

  it('that only looks open is replaced', () => {
    FakeWebSocket.made[0]!.opens()
    relay.renew()
    expect(relay.isConnected()).toBe(false)
    expect(relay.ondisconnect).toHaveBeenCalledTimes(1)
    FakeWebSocket.made[0]!.closes(1006) // it says so later; nobody listens any more
    expect(events.away).toHaveBeenCalledTimes(1)
    relay.renew()
    expect(events.away).toHaveBeenCalledTimes(1)
  })

  it('sends only while it is open', () => {
    expect(relay.send('x')).toBe(false)
    FakeWebSocket.made[0]!.opens()
    expect(relay.send('x')).toBe(true)
  })
})
