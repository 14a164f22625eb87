// One command of one control: pending on its button, then done or an error with its reason.

import { tCode, t } from './i18n.svelte'
import { session } from './session.svelte'
import type { Order, Outcome } from './socket'

type Failure = Extract<Outcome, { done: false }>

export class Command {
  pending = $state(false)
  private failure = $state.raw<Failure | null>(null)

  /** What went wrong and what to do, in the screen's language; '' when nothing did. */
  get error(): string {
    return this.failure ? tCode('refusal', this.failure.code, this.failure.text || t('refusal.other')) : ''
  }

  async run(order: Order): Promise<boolean> {
    if (this.pending) return false
    this.pending = true
    this.failure = null
    const outcome = await session.send(order)
    this.pending = false
    if (!outcome.done) this.failure = outcome
    return outcome.done
  }

  forget(): void {
    this.failure = null
  }
}
