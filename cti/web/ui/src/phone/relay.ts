// The SIP socket: the service's relay, under one phone id. JsSIP opens it again; what the close codes mean is decided here.

import type { Socket } from 'jssip'
import { CLOSE_SIGNED_OUT } from '../lib/messages'

/** The service does not know this phone id any more: ask for another one. */
export const CLOSE_UNKNOWN_PHONE = 4404
/** Another page has the extension now. */
export const CLOSE_TAKEN_OVER = 4409
/** The switch's websocket is not there: come back soon. */
export const CLOSE_NO_SWITCH = 4502

const FOR_GOOD: readonly number[] = [CLOSE_SIGNED_OUT, CLOSE_UNKNOWN_PHONE, CLOSE_TAKEN_OVER]

export interface RelayEvents {
  /** The socket is closed and will be opened again. */
  away(code: number): void
  /** It will not be. */
  over(code: number): void
}

export class RelaySocket implements Socket {
  readonly url: string
  readonly via_transport: string
  readonly sip_uri = 'sip:cti.invalid;transport=ws'
  onconnect = (): void => undefined
  ondisconnect = (_error: boolean, _code?: number, _reason?: string): void => undefined
  ondata = <T>(_data: T): void => undefined
  private socket: WebSocket | null = null
  private givenUp = false

  constructor(
    path: string,
    private readonly events: RelayEvents,
    page: { protocol: string; host: string } = location,
  ) {
    const scheme = page.protocol === 'https:' ? 'wss' : 'ws'
    this.url = `${scheme}://${page.host}${path}`
    this.via_transport = scheme.toUpperCase()
  }

  connect(): void {
    if (this.givenUp || this.isConnected() || this.isConnecting()) return
    const socket = new WebSocket(this.url, 'sip')
    this.socket = socket
    socket.onopen = () => this.onconnect()
    socket.onmessage = (event) => this.ondata(event.data)
    socket.onclose = (event) => this.closed(event)
  }

  disconnect(): void {
    const socket = this.socket
    this.socket = null
    if (!socket) return
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close()
  }

  /** Away with a socket that looks open and is not: JsSIP opens another one. */
  renew(): void {
    if (!this.socket) return
    this.disconnect()
    this.events.away(0)
    this.ondisconnect(true)
  }

  send(message: string): boolean {
    if (!this.isConnected()) return false
    this.socket!.send(message)
    return true
  }

  isConnected(): boolean {
    return this.socket?.readyState === WebSocket.OPEN
  }

  isConnecting(): boolean {
    return this.socket?.readyState === WebSocket.CONNECTING
  }

  private closed(event: CloseEvent): void {
    this.socket = null
    this.givenUp = FOR_GOOD.includes(event.code)
    if (this.givenUp) this.events.over(event.code)
    else this.events.away(event.code)
    this.ondisconnect(!event.wasClean, event.code, event.reason)
  }
}
