// One tab has the phone. The browser's lock tells the others, and goes by itself when the tab does.

const NAME = 'cti.phone'
/** A tab that reloads gives the lock back a moment after the new page asks for it. */
const GRACE_MS = 400

export type Tenure = 'mine' | 'elsewhere' | 'waiting'

export class PhoneLock {
  tenure = $state<Tenure>('waiting')
  private release: (() => void) | null = null
  private round = 0

  constructor(
    private readonly gained: () => void,
    /** Another tab has it, or took it just now. */
    private readonly lost: () => void,
  ) {}

  /** Wait for the phone; with *take* it is taken from the tab that has it. */
  ask(take = false): void {
    const round = ++this.round
    const grace = setTimeout(() => round === this.round && this.tenure === 'waiting' && this.without(), GRACE_MS)
    const held = navigator.locks.request(NAME, take ? { steal: true } : {}, () => {
      clearTimeout(grace)
      if (round !== this.round) return undefined
      this.tenure = 'mine'
      this.gained()
      return new Promise<void>((resolve) => (this.release = resolve))
    })
    held.catch(() => round === this.round && this.taken())
  }

  give(): void {
    this.round++
    this.release?.()
    this.release = null
    this.tenure = 'waiting'
  }

  /** Another tab took it: queue up again, so that it comes back when that tab closes. */
  private taken(): void {
    this.release = null
    this.without()
    this.ask()
  }

  private without(): void {
    this.tenure = 'elsewhere'
    this.lost()
  }
}
