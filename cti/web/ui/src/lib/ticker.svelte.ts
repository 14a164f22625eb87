// One tick a second for every timer on the screen.

import { clock } from './clock'

class Ticker {
  now = $state(clock.now())

  constructor() {
    setInterval(() => this.tick(), 1000)
  }

  /** At once: the clock may have learnt that this machine is wrong by a day. */
  tick(): void {
    this.now = clock.now()
  }

  /** Time that runs since *at*, a moment of the service's clock that may be later than the last tick. */
  since(at: number): number {
    return Math.max(0, this.now - at)
  }
}

export const ticker = new Ticker()
