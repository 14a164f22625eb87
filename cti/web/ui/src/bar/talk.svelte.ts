// What a talk needs besides its end. It is loaded when a call rings or is dialled, so that it stands there, and hears its
// keys, at the moment of the answer.

import { i18n } from '../lib/i18n.svelte'

class Talk {
  parts = $state.raw<typeof import('./parts') | null>(null)
  /** It could not be loaded: the page was updated, or the network is away. */
  failed = $state(false)

  async prepare(): Promise<void> {
    if (this.parts) return
    try {
      this.parts = await i18n.with('dial', import('./parts'))
      this.failed = false
    } catch {
      this.failed = true
    }
  }
}

export const talk = new Talk()
