// A form that posts: pending, then done or a refusal in words that say what to do.

import type { Refusal } from './api'
import { localTime } from './clock'
import { t, tCode, type TextKey } from './i18n.svelte'

export function refusalText(refusal: Refusal): string {
  return tCode('http', refusal.code, refusal.text || t('http.other'))
}

export class RefusedForm {
  pending = $state(false)
  private refusal = $state.raw<Refusal | null>(null)
  private waitSeconds = $state(0)

  /** *words* are for refusals that mean something else in this form. */
  constructor(private readonly words: Partial<Record<Refusal['code'], TextKey>> = {}) {}

  /** Too many tries: the service will not look at another one yet. */
  get waiting(): boolean {
    return this.waitSeconds > 0
  }

  get error(): string {
    if (this.refusal === null) return ''
    if (this.refusal.code === 'slow_down') {
      return this.waiting ? t('http.slow_down_seconds', { seconds: this.waitSeconds }) : t('http.slow_down_over')
    }
    const own = this.words[this.refusal.code]
    return own ? t(own) : refusalText(this.refusal)
  }

  /** Return whether *post* went through. */
  async run(post: () => Promise<Refusal | null>): Promise<boolean> {
    if (this.pending || this.waiting) return false
    this.pending = true
    this.refusal = await post()
    this.pending = false
    if (this.refusal?.code === 'slow_down') this.wait(this.refusal.retryAfterSeconds ?? 1)
    return this.refusal === null
  }

  private wait(seconds: number): void {
    const until = localTime() + seconds * 1000
    const tick = () => {
      this.waitSeconds = Math.max(0, Math.ceil((until - localTime()) / 1000))
      if (this.waitSeconds > 0) setTimeout(tick, 250)
    }
    tick()
  }
}
