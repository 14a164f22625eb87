// One command of one control: pending on its button, then done or an error with its reason and, where it helps, "again".

import { tCode, t } from './i18n.svelte'
import { session } from './session.svelte'
import type { FailureCode, Order, Outcome } from './socket'

type Failure = Extract<Outcome, { done: false }>

/** It may have been carried out and we did not hear of it: the same key makes the service do it at most once. */
const UNHEARD: readonly FailureCode[] = ['no_answer', 'lost', 'offline']
/** Sent again unchanged these would fail again. */
const IN_VAIN: readonly FailureCode[] = ['not_allowed', 'invalid', 'too_large', 'not_json', 'unknown_message', 'no_device', 'no_number', 'not_your_call', 'no_queue', 'unknown_customer', 'already_registered', 'call_state', 'dial_number', 'dial_code', 'dial_national', 'dial_abroad', 'dial_premium', 'dial_barred']

export class Command {
  pending = $state(false)
  /** What is being asked for, so that the right one of several buttons shows it. */
  order = $state.raw<Order | null>(null)
  private failure = $state.raw<Failure | null>(null)
  private key = ''

  /** What went wrong and what to do, in the screen's language; '' when nothing did. */
  get error(): string {
    return this.failure ? tCode('refusal', this.failure.code, this.failure.text || t('refusal.other')) : ''
  }

  get repeatable(): boolean {
    return this.failure !== null && this.order !== null && !IN_VAIN.includes(this.failure.code)
  }

  run(order: Order): Promise<boolean> {
    return this.send(order, crypto.getRandomValues(new Uint32Array(4)).join('-'))
  }

  /** The same once more. */
  again(): Promise<boolean> {
    if (!this.order || !this.failure) return Promise.resolve(false)
    return UNHEARD.includes(this.failure.code) ? this.send(this.order, this.key) : this.run(this.order)
  }

  forget(): void {
    this.failure = null
  }

  private async send(order: Order, key: string): Promise<boolean> {
    if (this.pending) return false
    this.pending = true
    this.failure = null
    this.order = order
    this.key = key
    const outcome = await session.send(/^(agent|call)\./.test(order.type) ? ({ ...order, key } as Order) : order)
    this.pending = false
    if (!outcome.done) this.failure = outcome
    return outcome.done
  }
}
