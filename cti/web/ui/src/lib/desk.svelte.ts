// What the person's own screen knows: state, calls, cards. Only messages from the service change it.

import type { AgentView, CallView, Card, ColleagueNote, DeskView, FormMessage, LinkView, NotesView, ScreenMessage, SnapshotMessage } from './messages'

export interface EndedCall {
  call: CallView
  endedAt: number
  cause: string
}

/** So many calls that are over stay reachable. */
const KEPT = 5

const NOBODY: AgentView = {
  state: 'signed_out',
  since: 0,
  reason: '',
  queues: [],
  places: [],
  assigned: [],
  pending: null,
  asked: null,
  wrap_up: 'none',
  wrap_up_until: null,
  can_extend: false,
  forced_by: '',
  why: '',
}

interface UnpaintedPop {
  pop: string
  received: number
}

export class Desk {
  link = $state.raw<LinkView>({ up: false, since: 0 })
  agent = $state.raw<AgentView>(NOBODY)
  /** What the settings offer: reasons, and the queues' titles. */
  offers = $state.raw<DeskView>({ reasons: [], queues: [] })
  calls = $state.raw<CallView[]>([])
  /** The last calls that are over, the latest first; their cards stay reachable. */
  over = $state.raw<EndedCall[]>([])
  /** The id of the call whose card is on the screen. */
  shownId = $state<string | null>(null)
  /** The keyboard should go to the card as soon as that stands there. */
  cardWanted = $state(false)
  /** Grows with every reminder: lists of callbacks and tickets are read anew. */
  reminded = $state(0)
  /** The last news about the form that this screen has open. */
  formNews = $state.raw<FormMessage | null>(null)
  private cards = $state.raw<Record<string, Card>>({})
  private noted = $state.raw<Record<string, ColleagueNote[]>>({})
  private readonly unpainted = new Map<string, UnpaintedPop>()

  /** *isBusy* says whether the person is typing: what is under their hands is not taken away then. */
  constructor(private readonly isBusy: () => boolean) {}

  get ringing(): CallView | undefined {
    return this.calls.find((call) => call.state === 'alerting' && call.direction !== 'outbound')
  }

  get shown(): CallView | undefined {
    return this.find(this.shownId)
  }

  find(id: string | null): CallView | undefined {
    return this.calls.find((call) => call.call === id) ?? this.overCall(id)?.call
  }

  overCall(id: string | null): EndedCall | undefined {
    return this.over.find((ended) => ended.call.call === id)
  }

  card(id: string): Card {
    return this.cards[id] ?? { call: id, state: 'looking', matches: [], chosen: null, sources: [] }
  }

  /** What was written about the call *about* (CallView.about), one's own among it. */
  notes(about: string): ColleagueNote[] {
    return this.noted[about] ?? []
  }

  show(id: string | null): void {
    this.shownId = id
  }

  wantCard(id: string): void {
    this.shownId = id
    this.cardWanted = true
  }

  /** The pop of this call, if it has not been painted yet; it is given out once. */
  takeUnpainted(id: string): UnpaintedPop | undefined {
    const pop = this.unpainted.get(id)
    this.unpainted.delete(id)
    return pop
  }

  apply(message: ScreenMessage, received: number): void {
    switch (message.type) {
      case 'snapshot':
        return this.replace(message)
      case 'pop':
        this.unpainted.set(message.call.call, { pop: message.pop, received })
        this.putCard(message.card)
        return this.putCall(message.call)
      case 'call':
        return this.putCall(message.call)
      case 'card':
        return this.putCard(message.card)
      case 'notes':
        return this.putNotes(message.notes)
      case 'call.gone':
        return this.end(message.call, message.cause, received)
      case 'agent':
        this.agent = message.agent
        return
      case 'link':
        this.link = message.link
        return
      case 'reminder':
        this.reminded += 1
        return
      case 'form':
        this.formNews = message
    }
  }

  clear(): void {
    this.agent = NOBODY
    this.calls = []
    this.over = []
    this.shownId = null
    this.cards = {}
    this.noted = {}
    this.unpainted.clear()
  }

  private replace(snapshot: SnapshotMessage): void {
    this.link = snapshot.link
    this.agent = snapshot.agent
    this.offers = snapshot.desk
    for (const card of snapshot.cards) this.putCard(card)
    for (const notes of snapshot.notes) this.putNotes(notes)
    const present = new Set(snapshot.calls.map((call) => call.call))
    for (const call of this.calls) if (!present.has(call.call)) this.end(call.call, 'end_not_seen', snapshot.now)
    this.calls = snapshot.calls
    if (this.shown === undefined) this.shownId = (this.ringing ?? this.calls[0])?.call ?? null
    this.forgetOldCards()
  }

  private putCall(call: CallView): void {
    const known = this.calls.some((one) => one.call === call.call)
    this.calls = known ? this.calls.map((one) => (one.call === call.call ? call : one)) : [...this.calls, call]
    if (known || (this.shownId !== null && (!this.overCall(this.shownId) || this.isBusy()))) return
    if (this.isBusy()) this.show(call.call)
    else this.wantCard(call.call)
  }

  private putCard(card: Card): void {
    this.cards = { ...this.cards, [card.call]: card }
  }

  private putNotes({ call, notes }: NotesView): void {
    this.noted = { ...this.noted, [call]: notes }
  }

  private end(id: string, cause: string, at: number): void {
    const call = this.calls.find((one) => one.call === id)
    if (!call) return
    this.calls = this.calls.filter((one) => one !== call)
    this.unpainted.delete(id)
    this.over = [{ call, cause, endedAt: at }, ...this.over].filter((one, i) => i < KEPT || one.call.call === this.shownId)
    // A call that was never answered is somebody else's now; one that was leaves its card to be written up, unless
    // another one is talked on: after a transfer that is the caller whom the question was about.
    const talked = this.calls.find((one) => one.state === 'connected')
    if (this.shownId === id && (call.answered_at === null || talked) && !this.isBusy()) this.shownId = talked?.call ?? null
    this.shownId ??= this.calls[0]?.call ?? null
    this.forgetOldCards()
  }

  private forgetOldCards(): void {
    this.cards = Object.fromEntries(Object.entries(this.cards).filter(([id]) => this.find(id)))
    const abouts = new Set([...this.calls, ...this.over.map(({ call }) => call)].map((call) => call.about))
    this.noted = Object.fromEntries(Object.entries(this.noted).filter(([about]) => abouts.has(about)))
  }
}
