// One call on this page's phone: what can be done with it and how it stands, as SIP and WebRTC report.

import type { EndEvent, OutgoingEvent, RTCSession, IncomingRequest } from './sip'
import { settleSoon } from './ice'
import { judge, sampleOf, type Quality, type Sample } from './quality'
import { sendTo } from './sinks'
import { answerTone } from './sounds'
import { callFailure, type CallFailure } from './trouble'
import { Turns } from './turns'

export type CallStage = 'ringing' | 'dialling' | 'talking' | 'ended'

const PC_CONFIG: RTCConfiguration = { iceServers: [] }
const QUALITY_EVERY_MS = 2_000
const KEY_MS = 120
const KEY_GAP_MS = 70
/** A transfer that the switch took, and whose legs it did not end: we do. */
const LEGS_END_MS = 3_000

export interface CallNeeds {
  /** The open microphone; null when there is none, and then the person has been told. */
  microphone(): Promise<MediaStream | null>
  headset(): string
  /** SIP can be sent now. What is begun without it ends the call. */
  connected(): boolean
  /** No other call is there that answering would interrupt. */
  alone(call: PhoneCall): boolean
  /** The call answers itself from now on, or does not after all: it rings. */
  rings(): void
  ended(call: PhoneCall): void
}

export class PhoneCall {
  stage = $state<CallStage>('ringing')
  /** The service's name for the call; '' until the switch has said it. */
  id = $state('')
  held = $state(false)
  heldThere = $state(false)
  muted = $state(false)
  answering = $state(false)
  quality = $state.raw<Quality | null>(null)
  failure = $state.raw<CallFailure | null>(null)
  /** A hold, a resume or a transfer is on its way. */
  busy = $state<'' | 'hold' | 'resume' | 'transfer'>('')
  readonly incoming: boolean
  /** Seconds after which the page answers by itself; null: it rings. */
  autoAnswer = $state.raw<number | null>(null)
  /** This is the call that the page lost when it went. */
  readonly returned: boolean
  /** What the network says of the other side: text from a stranger. */
  readonly number: string
  readonly name: string
  /** The call for which this one asks somebody; null when it stands for itself. */
  asksFor: PhoneCall | null = null
  private triedItself = false
  private own: MediaStream | null = null
  private readonly player = new Audio()
  private timers: ReturnType<typeof setTimeout>[] = []
  private readonly turns = new Turns()
  private lastSample: Sample | null = null
  private mixed: ((muted: boolean) => void) | null = null

  constructor(
    private readonly session: RTCSession,
    private readonly needs: CallNeeds,
    request: IncomingRequest | null,
  ) {
    this.incoming = request !== null
    this.stage = request ? 'ringing' : 'dialling'
    this.id = request?.getHeader('X-CTI-Call') ?? ''
    const seconds = request?.getHeader('X-CTI-Auto-Answer')
    this.returned = request?.getHeader('X-CTI-Returned') === 'yes'
    this.number = session.remote_identity?.uri.user ?? ''
    this.name = session.remote_identity?.display_name ?? ''
    this.listen()
    if (seconds !== undefined && /^\d+$/.test(seconds)) this.answerItself(Number(seconds))
  }

  /** The switch named the call under which this leg began; if that call is not there any more, the leg has moved. */
  get wasNamed(): boolean {
    return this.id !== ''
  }

  get live(): boolean {
    return this.stage !== 'ended'
  }

  get remoteStream(): MediaStream | null {
    return this.player.srcObject as MediaStream | null
  }

  get microphoneStream(): MediaStream | null {
    return this.own
  }

  /** Where our voice goes into the network. */
  get sender(): RTCRtpSender | null {
    return this.session.connection?.getSenders().find((one) => one.track?.kind === 'audio') ?? null
  }

  async answer(): Promise<boolean> {
    if (this.stage !== 'ringing' || this.answering) return false
    this.answering = true
    const microphone = await this.needs.microphone()
    this.answering = false
    // The customer may have given up while the browser asked for the microphone.
    if (!microphone || this.stage !== 'ringing') return false
    this.answering = true
    this.session.answer({ mediaStream: this.take(microphone), pcConfig: PC_CONFIG })
    return true
  }

  /** Answer unasked after *seconds*, with a tone for the agent. Where there is no microphone the call rings instead. */
  answerItself(seconds: number): void {
    if (this.stage !== 'ringing' || this.triedItself) return
    this.triedItself = true
    this.autoAnswer = seconds
    this.timers.push(setTimeout(() => void this.tryItself(), seconds * 1000))
  }

  hangUp(): void {
    if (this.session.isEnded()) return
    // 486: busy here, so that a queue goes on to the next agent at once.
    this.session.terminate(this.stage === 'ringing' && !this.answering ? { status_code: 486 } : {})
  }

  hold(): Promise<boolean> {
    return this.renegotiate('hold', true)
  }

  resume(): Promise<boolean> {
    return this.renegotiate('resume', false)
  }

  setMuted(muted: boolean): void {
    this.muted = muted
    this.applyMute()
  }

  /** Return whether the key went out: it does once the voice connection stands. */
  sendKey(key: string): boolean {
    const keys = this.sender?.dtmf
    if (!keys?.canInsertDTMF) return false
    keys.insertDTMF(keys.toneBuffer + key, KEY_MS, KEY_GAP_MS)
    return true
  }

  /** Send the other side to *target*; with *consulted*, join them with whom we spoke there. Resolves to what went wrong. */
  transfer(target: string, consulted?: PhoneCall): Promise<CallFailure | null> {
    if (!this.needs.connected() || this.stage !== 'talking' || this.busy) return Promise.resolve('lost')
    this.busy = 'transfer'
    return new Promise((resolve) => {
      const settle = (failure: CallFailure | null) => {
        if (this.busy === 'transfer') this.busy = ''
        resolve(failure)
        if (failure === null) this.timers.push(setTimeout(() => [this, consulted].forEach((call) => call?.hangUp()), LEGS_END_MS))
      }
      this.session.refer(target, {
        ...(consulted ? { replaces: consulted.session } : {}),
        eventHandlers: {
          requestFailed: (event: { cause: string; response: { status_code: number } | null }) =>
            settle(callFailure(event.cause, event.response?.status_code ?? 0) ?? 'other'),
          accepted: () => settle(null),
          failed: (event: { status_line: { status_code: number } }) => settle(failureOfStatus(event.status_line.status_code)),
        },
      })
      // The switch may end our leg before it says that the transfer went well.
      this.session.on('ended', () => settle(null))
    })
  }

  /** Another microphone or headset was chosen. */
  async changeMicrophone(microphone: MediaStream): Promise<void> {
    if (!this.own) return
    const before = this.own
    const track = this.take(microphone).getAudioTracks()[0] ?? null
    if (!this.mixed) await this.sender?.replaceTrack(track)
    before.getTracks().forEach((one) => one.stop())
    this.applyMute()
  }

  async changeHeadset(): Promise<void> {
    await sendTo(this.player, this.needs.headset())
  }

  /** While a conference mixes what this call hears, muting is its business. */
  async sendMixed(track: MediaStreamTrack, mute: (muted: boolean) => void): Promise<void> {
    this.session.unmute({ audio: true })
    await this.sender?.replaceTrack(track)
    this.mixed = mute
    this.applyMute()
  }

  async sendAlone(): Promise<void> {
    if (!this.mixed) return
    this.mixed = null
    await this.sender?.replaceTrack(this.own?.getAudioTracks()[0] ?? null)
    this.applyMute()
  }

  private async tryItself(): Promise<void> {
    const goes = (this.returned || this.needs.alone(this)) && (await this.answer())
    if (goes) return answerTone(this.needs.headset())
    if (this.stage !== 'ringing' || this.answering) return
    this.autoAnswer = null
    this.needs.rings()
  }

  private listen(): void {
    const session = this.session
    session.on('icecandidate', settleSoon())
    session.on('peerconnection', ({ peerconnection }) => this.wire(peerconnection))
    if (session.connection) this.wire(session.connection)
    session.on('progress', (event: Partial<OutgoingEvent>) => this.learnId(event))
    session.on('accepted', (event: Partial<OutgoingEvent>) => this.accepted(event))
    session.on('hold', ({ originator }) => this.onHold(String(originator), true))
    session.on('unhold', ({ originator }) => this.onHold(String(originator), false))
    session.on('ended', (event) => this.end(event))
    session.on('failed', (event) => this.end(event))
  }

  private wire(connection: RTCPeerConnection): void {
    connection.ontrack = ({ streams, track }) => {
      this.player.srcObject = streams[0] ?? new MediaStream([track])
      void sendTo(this.player, this.needs.headset()).then(() => this.player.play().catch(() => undefined))
    }
  }

  private learnId(event: Partial<OutgoingEvent>): void {
    const id = event.response?.getHeader('X-CTI-Call')
    if (id) this.id = id
  }

  private accepted(event: Partial<OutgoingEvent>): void {
    this.learnId(event)
    this.answering = false
    this.stage = 'talking'
    this.timers.push(setInterval(() => void this.measure(), QUALITY_EVERY_MS) as never)
  }

  private onHold(originator: string, held: boolean): void {
    if (originator === 'remote') this.heldThere = held
    else this.held = held
    this.lastSample = null
    this.quality = null
    this.applyMute()
  }

  /** What is pressed while a hold or a resume is still on its way is done next. */
  private renegotiate(busy: 'hold' | 'resume', held: boolean): Promise<boolean> {
    return this.turns.take(() => this.offer(busy, held))
  }

  private offer(busy: 'hold' | 'resume', held: boolean): Promise<boolean> {
    if (this.stage !== 'talking' || this.held === held) return Promise.resolve(this.held === held)
    // JsSIP ends a call whose re-INVITE comes to nothing, so none is sent into the void.
    if (this.busy || !this.needs.connected()) return Promise.resolve(false)
    this.busy = busy
    return new Promise((resolve) => {
      const settle = (done: boolean) => {
        if (this.busy === busy) this.busy = ''
        resolve(done)
      }
      const begun = held ? this.session.hold({}, () => settle(true)) : this.session.unhold({}, () => settle(true))
      if (!begun) settle(false)
      else this.session.on('ended', () => settle(false))
    })
  }

  /** A track of this call's own, so that muting it leaves the other calls alone. */
  private take(microphone: MediaStream): MediaStream {
    return (this.own = new MediaStream(microphone.getAudioTracks().map((track) => track.clone())))
  }

  private applyMute(): void {
    if (!this.live) return
    if (this.mixed) this.mixed(this.muted)
    else if (this.muted) {
      // JsSIP remembers that it is muted and would not touch the track of a new microphone.
      this.session.mute({ audio: true })
      this.own?.getAudioTracks().forEach((track) => (track.enabled = false))
    } else {
      this.session.unmute({ audio: true })
      this.own?.getAudioTracks().forEach((track) => (track.enabled = !this.held))
    }
  }

  private async measure(): Promise<void> {
    const connection = this.session.connection
    if (!connection || this.held || this.heldThere) return
    const sample = sampleOf((await connection.getStats()).values() as Iterable<Record<string, unknown>>)
    if (this.lastSample && this.live) this.quality = judge(this.lastSample, sample)
    this.lastSample = sample
  }

  private end(event: EndEvent): void {
    if (!this.live) return
    const message = event.message as { status_code?: number } | null
    this.failure = callFailure(event.cause, message?.status_code ?? 0)
    this.stage = 'ended'
    this.answering = false
    this.timers.forEach(clearTimeout)
    this.own?.getTracks().forEach((track) => track.stop())
    this.player.pause()
    this.player.srcObject = null
    this.needs.ended(this)
  }

  static prepare(microphone: MediaStream): { mediaStream: MediaStream; pcConfig: RTCConfiguration } {
    const tracks = microphone.getAudioTracks().map((track) => track.clone())
    return { mediaStream: new MediaStream(tracks), pcConfig: PC_CONFIG }
  }

  /** The tracks that an outgoing call was begun with. */
  adopt(own: MediaStream): void {
    this.own = own
  }
}

function failureOfStatus(status: number): CallFailure {
  if (status === 486 || status === 600) return 'busy'
  if (status === 404 || status === 484) return 'not_found'
  if (status === 408 || status === 480) return 'no_answer'
  if (status === 403) return 'refused'
  return 'rejected'
}
