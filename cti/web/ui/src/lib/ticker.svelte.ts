// One tick a second for every timer on the screen.

import { clock } from './clock'

class Ticker {
  now = $state(clock.now())

  constructor() {
    setInterval(() => (this.now = clock.now()), 1000)
  }

  /** Time that runs since *at*, a moment of the service's clock that may be later than the last tick. */
  since(at: number): number {
    return Math.max(0, this.now - at)
  }
}

export const ticker = new Ticker()
