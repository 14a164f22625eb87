// The connection to the service: sequence numbers, resuming, reconnecting, commands with their replies, clock.

import { localTime, type ServiceClock } from './clock'
import {
  CLOSE_ABUSE,
  CLOSE_REPLACED,
  CLOSE_SIGNED_OUT,
  CLOSE_SLOW,
  type RefusalCode,
  type ScreenCommand,
  type ScreenMessage,
} from './messages'

/** `closed` is for good, until somebody calls open again. */
export type SocketState = 'connecting' | 'open' | 'waiting' | 'closed'
export type ClosedReason = 'signed_out' | 'replaced' | 'stopped'

type WithoutId<C> = C extends { id: number } ? Omit<C, 'id'> : never
export type Order = WithoutId<ScreenCommand>

/** `offline`: it was never sent. `no_answer`, `lost`: it was, and may or may not have been carried out. */
export type FailureCode = RefusalCode | 'offline' | 'no_answer' | 'lost'
export type Outcome = { done: true; now: number } | { done: false; code: FailureCode; text: string }

export interface SocketEvents {
  /** Every message but the replies to commands, in order; *received* is in the service's clock. */
  message(message: ScreenMessage, received: number): void
  state(state: SocketState, retryAt: number | null): void
  closed(reason: ClosedReason): void
  /** The socket could not be opened; a browser does not say why. Answer whether the person is still signed in. */
  stillSignedIn(): Promise<boolean>
}

const REPLY_MS = 5_000
const SYNC_EVERY_MS = 15_000
const SYNCS_AT_START = 5
const LONGEST_WAIT_MS = 30_000
const ABUSE_WAIT_MS = 10_000

interface Pending {
  resolve(outcome: Outcome): void
  timer: ReturnType<typeof setTimeout>
}

export class ScreenSocket {
  private socket: WebSocket | null = null
  private session = ''
  private seq = 0
  private tries = 0
  private nextId = 1
  private stopped = true
  private readonly pending = new Map<number, Pending>()
  private retryTimer: ReturnType<typeof setTimeout> | undefined
  private syncTimer: ReturnType<typeof setInterval> | undefined

  constructor(
    private readonly url: string,
    private readonly clock: ServiceClock,
    private readonly events: SocketEvents,
  ) {}

  open(): void {
    if (!this.stopped) return
    this.stopped = false
    this.tries = 0
    this.connect()
  }

  /** Sign out: the next connection starts from a snapshot. */
  stop(): void {
    this.closeForGood('stopped')
  }

  /** The network came back, or the machine woke up: do not sit out the wait, nor trust an old connection. */
  hurry(): void {
    if (this.stopped) return
    if (this.socket === null) this.connect()
    else if (this.socket.readyState === WebSocket.OPEN) void this.sync()
  }

  /** Carry out *order*; settles when the service replies, after 5 s, or when the connection goes. */
  send(order: Order): Promise<Outcome> {
    const id = this.nextId++
    if (!this.transmit({ ...order, id })) return Promise.resolve({ done: false, code: 'offline', text: '' })
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.settle(id, { done: false, code: 'no_answer', text: '' }), REPLY_MS)
      this.pending.set(id, { resolve, timer })
    })
  }

  /** For what the service does not reply to. */
  tell(order: Order): void {
    this.transmit({ ...order, id: this.nextId++ })
  }

  private transmit(command: object): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false
    this.socket.send(JSON.stringify(command))
    return true
  }

  private connect(): void {
    clearTimeout(this.retryTimer)
    this.events.state('connecting', null)
    const resume = this.session ? `?resume=${encodeURIComponent(`${this.session}.${this.seq}`)}` : ''
    const socket = new WebSocket(this.url + resume)
    this.socket = socket
    let opened = false
    socket.onopen = () => {
      opened = true
    }
    socket.onmessage = (event) => {
      if (socket === this.socket) this.receive(String(event.data))
    }
    socket.onclose = (event) => {
      if (socket === this.socket) void this.lost(event.code, opened)
    }
  }

  private receive(data: string): void {
    const received = this.clock.now()
    const message = JSON.parse(data) as ScreenMessage
    if (message.type === 'snapshot') {
      this.session = message.session
    } else if (message.seq !== this.seq + (message.type === 'resumed' ? 0 : 1)) {
      this.startOver()
      return
    }
    this.seq = message.seq
    switch (message.type) {
      case 'done':
        this.settle(message.id, { done: true, now: message.now })
        return
      case 'refusal':
        this.settle(message.id, { done: false, code: message.code as RefusalCode, text: message.text })
        return
      case 'snapshot':
      case 'resumed':
        this.clock.guess(message.now)
        this.tries = 0
        this.events.state('open', null)
        this.keepClock()
    }
    this.events.message(message, received)
  }

  /** Frames are missing: only a snapshot helps. */
  private startOver(): void {
    this.session = ''
    this.drop()
    this.connect()
  }

  private drop(): void {
    const socket = this.socket
    this.socket = null
    socket?.close()
    clearInterval(this.syncTimer)
    for (const id of [...this.pending.keys()]) this.settle(id, { done: false, code: 'lost', text: '' })
  }

  private async lost(code: number, opened: boolean): Promise<void> {
    this.drop()
    if (code === CLOSE_SIGNED_OUT) return this.closeForGood('signed_out')
    if (code === CLOSE_REPLACED) return this.closeForGood('replaced')
    if (code === CLOSE_SLOW) this.session = ''
    this.retry(code === CLOSE_ABUSE ? ABUSE_WAIT_MS : 0)
    if (!opened && !(await this.events.stillSignedIn()) && !this.stopped) this.closeForGood('signed_out')
  }

  private retry(atLeast: number): void {
    const longest = Math.min(LONGEST_WAIT_MS, 1000 * 2 ** this.tries++)
    const wait = Math.max(atLeast, longest * (0.5 + Math.random() / 2))
    this.events.state('waiting', localTime() + wait)
    this.retryTimer = setTimeout(() => this.connect(), wait)
  }

  private closeForGood(reason: ClosedReason): void {
    this.stopped = true
    if (reason !== 'signed_out') this.session = '' // who signs in again goes on where they were
    clearTimeout(this.retryTimer)
    this.drop()
    this.events.state('closed', null)
    this.events.closed(reason)
  }

  private settle(id: number, outcome: Outcome): void {
    const pending = this.pending.get(id)
    if (!pending) return
    clearTimeout(pending.timer)
    this.pending.delete(id)
    pending.resolve(outcome)
  }

  /**
   * Besides telling the time this notices a connection that died without a word, as when a cable is pulled: the
   * browser shows the service's pings to nobody.
   */
  private keepClock(): void {
    clearInterval(this.syncTimer)
    this.clock.forget()
    void this.syncSeveral()
    this.syncTimer = setInterval(() => void this.sync(), SYNC_EVERY_MS)
  }

  private async syncSeveral(): Promise<void> {
    for (let i = 0; i < SYNCS_AT_START; i++) if (!(await this.sync())) return
  }

  private async sync(): Promise<boolean> {
    const socket = this.socket
    const sent = localTime()
    const outcome = await this.send({ type: 'clock.sync' })
    if (outcome.done) this.clock.learn(sent, localTime(), outcome.now)
    else if (outcome.code === 'no_answer' && socket !== null && socket === this.socket) void this.lost(0, true)
    return outcome.done
  }
}
