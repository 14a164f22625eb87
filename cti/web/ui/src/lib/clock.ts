// The service's clock, as this screen estimates it: the offset measured over the quickest round trip wins.

/** Clocks drift, so even the best measurement gives way to a later one after this time. */
const BEST_HOLDS_MS = 600_000

/** This machine's time in epoch milliseconds; it does not jump when somebody sets the clock. */
export function localTime(): number {
  return performance.timeOrigin + performance.now()
}

export class ServiceClock {
  private offset = 0
  private bestRoundTrip = Infinity
  private measuredAt = 0

  now(): number {
    return localTime() + this.offset
  }

  /** The service said that it was *serviceTime* somewhere between *sent* and *received* (both local). */
  learn(sent: number, received: number, serviceTime: number): void {
    const roundTrip = received - sent
    if (roundTrip > this.bestRoundTrip && received - this.measuredAt < BEST_HOLDS_MS) return
    this.bestRoundTrip = roundTrip
    this.measuredAt = received
    this.offset = serviceTime - (sent + received) / 2
  }

  /** A first guess from a message that took an unknown time to come; any measured round trip beats it. */
  guess(serviceTime: number): void {
    if (this.bestRoundTrip === Infinity) this.offset = serviceTime - localTime()
  }

  /** After a lost connection, which may have been a sleep: measure anew. */
  forget(): void {
    this.bestRoundTrip = Infinity
  }
}

export const clock = new ServiceClock()
