// The phone in this page: registration through the service's relay, its calls, and what is wrong with it.

import { api } from '../lib/api'
import { CLOSE_SIGNED_OUT, type PhoneGiven } from '../lib/messages'
import { readStored, writeStored } from '../lib/stored'
import { PhoneCall, type CallNeeds } from './call.svelte'
import { Conference } from './conference'
import { Devices } from './devices.svelte'
import { PhoneLock } from './lock.svelte'
import { CLOSE_NO_SWITCH, CLOSE_TAKEN_OVER, CLOSE_UNKNOWN_PHONE, RelaySocket } from './relay'
import { loadSip, type IncomingRequest, type RTCSession, type RTCSessionEvent, type UA } from './sip'
import { beep, ring } from './sounds'
import { missingHere, type CallFailure, type Trouble } from './trouble'

/** `none`: the person's phone is on the desk, or there is none. `elsewhere`: another tab or log-in has it. */
export type PhoneStage = 'none' | 'starting' | 'ready' | 'lost' | 'elsewhere' | 'failed'
export type PhoneKind = 'page' | 'desk'

const RETRY_MS = 5_000
const ID_KEY = 'phone'
const KIND_KEY = 'phone.kind'
/** The service says that a call is over whose end SIP did not tell us. */
const ORPHAN_MS = 2_000
/** The service takes a page that does not pong for this long for gone: a ping every 4 s, and 2 s to answer. */
const GIVEN_UP_MS = 6_000

export class Phone {
  stage = $state<PhoneStage>('none')
  trouble = $state.raw<Trouble | null>(null)
  calls = $state.raw<PhoneCall[]>([])
  /** The calls that the page lost and that come back as soon as it registers. */
  takingBack = $state(false)
  kind = $state<PhoneKind>(readStored(localStorage, KIND_KEY) === 'desk' ? 'desk' : 'page')
  /** The service has a phone for this page; unknown until it was asked. */
  possible = $state<boolean | null>(null)
  /** Why the last call that we dialled came to nothing. */
  failed = $state.raw<{ number: string; failure: CallFailure } | null>(null)
  conference = $state.raw<Conference | null>(null)
  readonly devices: Devices = new Devices({
    changed: (stream) => this.calls.forEach((call) => void call.changeMicrophone(stream)),
    inUse: () => this.calls.length > 0 || this.listens,
  })
  /** Somebody looks at the microphone's level. */
  listens = false
  private wanted = false
  private agent: UA | null = null
  private relay: RelaySocket | null = null
  private given: PhoneGiven | null = null
  private silence: (() => void) | null = null
  private retryTimer: ReturnType<typeof setTimeout> | undefined
  private reachedBefore = new WeakSet<PhoneCall>()
  private dialling: MediaStream | null = null
  private readonly lock = new PhoneLock(
    () => void this.begin(this.takes),
    () => this.leave('elsewhere'),
  )
  private takes = false

  get ringing(): PhoneCall | undefined {
    return this.calls.find((call) => call.stage === 'ringing' && call.autoAnswer === null)
  }

  /** The call that the person is in, or the first that there is. */
  get current(): PhoneCall | undefined {
    return this.calls.find((call) => call.stage !== 'ringing' && !call.held) ?? this.calls.find((call) => call.stage !== 'ringing')
  }

  /** The SIP call of a call that the service pushed; by its name, never by its number. */
  callOf(id: string): PhoneCall | undefined {
    return this.calls.find((call) => call.id === id)
  }

  /** The domain of the switch's numbers. */
  get realm(): string {
    return this.given?.realm ?? ''
  }

  get connected(): boolean {
    return this.stage === 'ready'
  }

  /** Be the phone of whoever is signed in. */
  start(): void {
    if (this.wanted || this.kind === 'desk') return
    this.wanted = true
    this.stage = 'starting'
    this.trouble = missingHere()
    if (this.trouble) this.stage = 'failed'
    else this.lock.ask()
  }

  /** The person leaves: nothing of the phone stays. */
  stop(): void {
    this.wanted = false
    this.calls.forEach((call) => call.hangUp())
    this.agent?.unregister()
    if (this.trouble !== 'insecure' && this.trouble !== 'no_webrtc') this.lock.give()
    this.leave('none')
    this.devices.close()
    this.trouble = null
    this.possible = null
    writeStored(sessionStorage, ID_KEY, null)
  }

  again(): void {
    this.stop()
    this.start()
  }

  /** The person logged in again over the page. A call in progress goes on, and the phone comes after it. */
  revive(): void {
    if (this.wanted && this.stage === 'lost' && this.calls.length === 0 && !this.agent?.isConnected()) void this.begin(false)
  }

  /**
   * The network was away for *ms*. The service gave the phone up meanwhile, though the socket may look open still; after
   * a short absence it did not, and a new socket would only interrupt the call.
   */
  networkBack(ms: number): void {
    if (ms > GIVEN_UP_MS) this.relay?.renew()
  }

  choose(kind: PhoneKind): void {
    this.kind = kind
    writeStored(localStorage, KIND_KEY, kind === 'desk' ? 'desk' : null)
    if (kind === 'desk') this.stop()
    else this.start()
  }

  takeHere(): void {
    this.takes = true
    if (this.lock.tenure === 'mine') void this.begin(true)
    else this.lock.ask(true)
  }

  async answer(call = this.ringing): Promise<void> {
    if (!call) return
    await this.holdOthers(call)
    await call.answer()
  }

  /** The queue of *call* wants its calls answered without being asked. */
  answerItself(call: PhoneCall): void {
    call.answerItself(0)
    this.sound()
  }

  /** Hold what is being said, and go on with *call*. */
  async activate(call: PhoneCall): Promise<boolean> {
    await this.holdOthers(call)
    return call.resume()
  }

  /** Call *number*; with *asksFor* it is a question about that call. */
  async dial(number: string, asksFor: PhoneCall | null = null): Promise<PhoneCall | null> {
    const agent = this.agent
    if (!agent || !this.connected || !this.given) return null
    const microphone = await this.openMicrophone()
    if (!microphone) return null
    await this.holdOthers(null)
    if (this.calls.some((call) => call.stage === 'talking' && !call.held)) return null
    this.failed = null
    const options = PhoneCall.prepare(microphone)
    this.dialling = options.mediaStream
    agent.call(`sip:${number}@${this.given.realm}`, options)
    const call = this.calls.at(-1) ?? null
    if (call) call.asksFor = asksFor
    return call
  }

  async confer(): Promise<void> {
    const talking = this.calls.filter((call) => call.stage === 'talking')
    const microphone = this.devices.stream
    if (talking.length < 2 || !microphone) return
    for (const call of talking) if (!(await call.resume())) return
    this.conference = await Conference.of(talking, microphone)
  }

  /** Mute or unmute; in a conference all that hear us at once. */
  mute(call: PhoneCall, muted: boolean): void {
    const heard = this.conference?.calls.includes(call) ? this.conference.calls : [call]
    heard.forEach((one) => one.setMuted(muted))
  }

  /** The service says that *id* is over. Our leg may not have heard of it when its socket was away meanwhile. */
  gone(id: string): void {
    const call = this.callOf(id)
    if (call && this.reachedBefore.has(call)) setTimeout(() => call.live && call.hangUp(), ORPHAN_MS)
  }

  async chooseSound(role: 'microphone' | 'headset' | 'ringer', id: string): Promise<void> {
    await this.devices.choose(role, id)
    if (role === 'headset') await Promise.all(this.calls.map((call) => call.changeHeadset()))
  }

  private async begin(takeOver: boolean): Promise<void> {
    if (!this.wanted) return
    this.takes = false
    clearTimeout(this.retryTimer)
    this.close()
    if (this.stage !== 'lost') this.stage = 'starting'
    const before = String(readStored(sessionStorage, ID_KEY) ?? '')
    const load = () => loadSip().catch(() => null)
    const early = before ? load() : null // this page was a phone a moment ago, so it will be one
    const answer = await api.phone({ take_over: takeOver, phone: before })
    if (!this.wanted) return
    if (!answer.ok) return this.refused(answer.refusal.code)
    const sip = await (early ?? load())
    if (!this.wanted) return
    if (!sip) return this.fail('not_loaded')
    this.possible = true
    this.given = answer.data
    this.takingBack = this.given.waiting.length > 0
    writeStored(sessionStorage, ID_KEY, this.given.phone)
    void this.devices.check() // before the phone rings: a call that comes back is answered at once
    this.open(sip, this.given)
  }

  private open(sip: Awaited<ReturnType<typeof loadSip>>, given: PhoneGiven): void {
    this.relay = new RelaySocket(given.path, { away: (code) => this.away(code), over: (code) => this.over(code) })
    const agent = new sip.UA({
      sockets: [this.relay],
      uri: given.uri,
      contact_uri: given.contact,
      authorization_user: given.user,
      password: given.password,
      realm: given.realm,
      register_expires: given.register_seconds,
      session_timers: false,
      user_agent: 'cti',
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 5,
    })
    this.agent = agent
    agent.on('registered', () => agent === this.agent && this.registered())
    agent.on('registrationFailed', ({ response, cause }) => agent === this.agent && this.notRegistered(response?.status_code ?? 0, String(cause ?? '')))
    agent.on('newRTCSession', ({ originator, session, request }: RTCSessionEvent) => {
      if (agent === this.agent) this.add(session, String(originator) === 'remote' ? (request as IncomingRequest) : null)
    })
    agent.start()
  }

  private registered(): void {
    this.stage = 'ready'
    this.trouble = null
  }

  private notRegistered(status: number, cause: string): void {
    if (cause === 'Connection Error' || cause === 'Request Timeout') return this.lose('switch_away')
    // Refused: what we were given does not work, and trying again would not help.
    this.close()
    this.fail(status === 503 || status === 500 ? 'switch_away' : 'credentials')
  }

  private refused(code: string): void {
    if (code === 'phone_in_use') {
      this.stage = 'elsewhere'
    } else if (code === 'no_phone') {
      this.possible = false
      this.stage = 'none'
    } else if (code === 'signed_out' || code === 'must_change_password') {
      this.stage = 'lost' // the page asks to log in again; that starts us anew
    } else {
      this.lose('service_away')
      this.retryTimer = setTimeout(() => void this.begin(false), RETRY_MS)
    }
  }

  private away(code: number): void {
    this.calls.forEach((call) => this.reachedBefore.add(call))
    this.lose(code === CLOSE_NO_SWITCH ? 'switch_away' : 'service_away')
  }

  private over(code: number): void {
    if (code === CLOSE_TAKEN_OVER) return this.leave('elsewhere')
    this.calls.forEach((call) => this.reachedBefore.add(call))
    this.lose('service_away')
    if (code === CLOSE_SIGNED_OUT) return
    // A call in progress keeps its voice; the new phone waits for its end.
    if (code === CLOSE_UNKNOWN_PHONE && this.calls.length === 0) void this.begin(false)
  }

  private lose(trouble: Trouble): void {
    this.stage = 'lost'
    this.trouble = trouble
  }

  private fail(trouble: Trouble): void {
    this.stage = 'failed'
    this.trouble = trouble
  }

  /** Give the phone up without hanging up at the switch: it gives the customer music and the call to whoever took over. */
  private leave(stage: PhoneStage): void {
    this.close()
    this.stage = stage
    this.trouble = null
    this.takingBack = false
  }

  private close(): void {
    clearTimeout(this.retryTimer)
    const agent = this.agent
    this.agent = null
    if (!agent) return
    // The socket first: `stop` would say BYE for every call.
    this.relay?.disconnect()
    this.relay = null
    agent.stop()
  }

  private add(session: RTCSession, request: IncomingRequest | null): void {
    const needs: CallNeeds = {
      microphone: () => this.openMicrophone(),
      headset: () => this.devices.use('headset'),
      connected: () => this.connected,
      alone: (call) => this.calls.every((other) => other === call || !other.live),
      rings: () => this.sound(),
      ended: (call) => this.remove(call),
    }
    const call = new PhoneCall(session, needs, request)
    // The leg that the page lost is dead at the switch; this one takes its place.
    if (call.returned) this.calls.filter((one) => one.id === call.id).forEach((one) => one.hangUp())
    if (!request && this.dialling) call.adopt(this.dialling)
    this.dialling = null
    this.calls = [...this.calls, call]
    if (call.returned) this.takingBack = false
    if (request) void this.openMicrophone() // now, so that answering is quick and a refusal shows before
    this.sound()
  }

  private remove(call: PhoneCall): void {
    this.calls = this.calls.filter((one) => one !== call)
    if (!call.incoming && call.failure) this.failed = { number: call.number, failure: call.failure }
    if (this.conference?.calls.includes(call)) {
      void this.conference.end()
      this.conference = null
    }
    this.sound()
    if (this.calls.length > 0) return
    this.devices.close()
    this.revive()
  }

  private openMicrophone(): Promise<MediaStream | null> {
    return this.devices.open()
  }

  private async holdOthers(but: PhoneCall | null): Promise<void> {
    if (this.conference) {
      await this.conference.end()
      this.conference = null
    }
    await Promise.all(this.calls.filter((call) => call !== but && call.stage === 'talking').map((call) => call.hold()))
  }

  private sound(): void {
    const ringing = this.ringing
    if (!ringing) {
      this.silence?.()
      this.silence = null
    } else if (!this.silence) {
      const inCall = this.calls.some((call) => call.stage === 'talking')
      this.silence = inCall ? beep(this.devices.use('headset')) : ring(this.devices.use('ringer'))
    }
  }
}

export const phone = new Phone()
