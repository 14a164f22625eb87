// Who is at the screen, and their connection to the service.

import { api, type Refusal } from './api'
import { clock } from './clock'
import { Desk } from './desk.svelte'
import { forgetDrafts } from './drafts'
import type { Account, Me, ScreenMessage } from './messages'
import { phone } from '../phone/phone.svelte'
import { flushNotes, forgetNotes, sendNotesBy } from './notes.svelte'
import { isTyping } from './shortcuts'
import { ticker } from './ticker.svelte'
import { ScreenSocket, type ClosedReason, type SocketState } from './socket'

export type Stage = 'starting' | 'unreachable' | 'signed_out' | 'must_change' | 'in'

class Session {
  stage = $state<Stage>('starting')
  me = $state.raw<Me | null>(null)
  /** The session ended under an open page: log in again over it, nothing is cleared. */
  expired = $state(false)
  /** Another tab took this one's place. */
  replaced = $state(false)
  socketState = $state<SocketState>('closed')
  retryAt = $state<number | null>(null)
  /** Since when the picture is not kept up, in the service's clock; null while it is live. */
  staleSince = $state<number | null>(null)
  readonly desk = new Desk(isTyping)
  /** Parts that hear every message too, as long as they are shown. */
  readonly hears = new Set<(message: ScreenMessage) => void>()
  /** The one-time password of a first log-in, so that it need not be typed again to set an own one. */
  private oneTimePassword = ''

  private readonly socket = new ScreenSocket(socketUrl(), clock, {
    message: (message, received) => {
      if (message.type === 'snapshot') {
        this.me = message.me
        ticker.tick()
      }
      this.desk.apply(message, received)
      for (const hear of this.hears) hear(message)
      if (message.type === 'call.gone') phone.gone(message.call)
    },
    state: (state, retryAt) => this.onSocketState(state, retryAt),
    closed: (reason) => this.onClosed(reason),
    stillSignedIn: () => this.stillSignedIn(),
  })

  readonly send = this.socket.send.bind(this.socket)
  readonly tell = this.socket.tell.bind(this.socket)

  constructor() {
    sendNotesBy(this.send)
    addEventListener('online', () => this.socket.hurry())
    document.addEventListener('visibilitychange', () => document.hidden || this.socket.hurry())
  }

  async start(): Promise<void> {
    this.stage = 'starting'
    const answer = await api.me()
    if (answer.ok) this.enter(answer.data)
    else this.stage = answer.refusal.code === 'unreachable' ? 'unreachable' : 'signed_out'
  }

  async logIn(user: string, password: string): Promise<Refusal | null> {
    const answer = await api.logIn({ user, password })
    if (!answer.ok) return answer.refusal
    this.oneTimePassword = answer.data.must_change ? password : ''
    this.enter(answer.data)
    return null
  }

  /** Set an own password; *old* is not needed right after a log-in with a one-time one. */
  async setPassword(old: string, wanted: string): Promise<Refusal | null> {
    // A new password ends every session, this page's too: leave before, and come back with the new one.
    this.socket.stop()
    const answer = await api.setPassword({ old: this.oneTimePassword || old, new: wanted })
    if (this.stage === 'in') this.socket.open()
    if (!answer.ok) return answer.refusal
    this.oneTimePassword = ''
    this.enter(answer.data)
    return null
  }

  get knowsOldPassword(): boolean {
    return this.oneTimePassword !== ''
  }

  async logOut(): Promise<void> {
    phone.stop()
    await flushNotes()
    this.socket.stop()
    await api.logOut()
    forgetDrafts()
    forgetNotes()
    this.desk.clear()
    this.me = null
    this.expired = false
    this.stage = 'signed_out'
  }

  /** The person's own extension is another one now. */
  meNow(me: Me): void {
    this.me = me
  }

  connectHere(): void {
    this.replaced = false
    this.socket.open()
  }

  private enter(account: Account): void {
    if (this.me && this.me.user !== account.me.user) {
      forgetDrafts()
      forgetNotes()
      this.desk.clear()
    }
    this.me = account.me
    this.expired = false
    this.stage = account.must_change ? 'must_change' : 'in'
    if (!account.must_change) this.socket.open()
  }

  private onSocketState(state: SocketState, retryAt: number | null): void {
    this.socketState = state
    this.retryAt = retryAt
    if (state === 'open') {
      if (this.staleSince !== null) phone.networkBack(clock.now() - this.staleSince)
      this.staleSince = null
    } else this.staleSince ??= clock.now()
  }

  private onClosed(reason: ClosedReason): void {
    if (reason === 'signed_out') this.expired = this.stage === 'in'
    if (reason === 'replaced') this.replaced = true
  }

  private async stillSignedIn(): Promise<boolean> {
    const answer = await api.me()
    if (answer.ok && answer.data.must_change) this.stage = 'must_change'
    return answer.ok ? !answer.data.must_change : answer.refusal.code !== 'signed_out'
  }
}

function socketUrl(): string {
  const url = new URL('ws', document.baseURI)
  url.protocol = url.protocol.replace('http', 'ws')
  url.hash = ''
  return url.href
}

export const session = new Session()
