// What one call came to, as far as this person has said.

import { afterApi } from './api'
import type { Answer, Refusal } from '../../lib/api'
import type { AfterCall, CallbackView, OutcomeView, StillNeeded, TicketView } from '../../lib/messages'

export type Need = StillNeeded['needs'][number]

export class WriteUp {
  state = $state.raw<AfterCall | null>(null)
  refusal = $state.raw<Refusal | null>(null)
  /** The outcome that is on its way, or that needs something first. */
  wanted = $state<string | null>(null)
  needs = $state.raw<Need[]>([])
  /** Fields of the customer that the outcome needs. */
  fields = $state.raw<string[]>([])
  pending = $state(false)

  constructor(readonly call: string) {}

  get outcomes(): OutcomeView[] {
    return this.state?.outcomes?.outcomes ?? []
  }

  get chosen(): OutcomeView | undefined {
    return this.find(this.state?.outcome)
  }

  find(code: string | null | undefined): OutcomeView | undefined {
    return this.outcomes.find((one) => one.code === code)
  }

  /** Those that can be chosen. */
  get leaves(): OutcomeView[] {
    const groups = new Set(this.outcomes.map((one) => one.under))
    return this.outcomes.filter((one) => !groups.has(one.code))
  }

  async load(): Promise<void> {
    this.take(await afterApi.of(this.call))
  }

  async choose(code: string): Promise<boolean> {
    if (this.pending) return false
    this.pending = true
    this.wanted = code
    const answer = await afterApi.choose({ call: this.call, outcome: code })
    this.pending = false
    this.take(answer)
    const lacking = answer.ok ? null : (answer.refusal.body as Partial<StillNeeded> | undefined)
    const needsMore = lacking?.code === 'still_needed'
    this.needs = needsMore ? (lacking.needs ?? []) : []
    this.fields = needsMore ? (lacking.fields ?? []) : []
    if (needsMore) this.refusal = null
    if (answer.ok) this.wanted = null
    return answer.ok
  }

  /** Something that an outcome needed is there now. */
  async has(need: Need, made: CallbackView | TicketView): Promise<void> {
    if (this.state && need === 'callback') this.state = { ...this.state, callbacks: [...this.state.callbacks, made as CallbackView] }
    if (this.state && need === 'ticket') this.state = { ...this.state, tickets: [...this.state.tickets, made as TicketView] }
    if (this.wanted !== null) await this.choose(this.wanted)
  }

  private take(answer: Answer<AfterCall>): void {
    if (answer.ok) this.state = answer.data
    this.refusal = answer.ok ? null : answer.refusal
  }
}
