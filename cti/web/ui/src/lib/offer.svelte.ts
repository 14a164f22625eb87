// What was found elsewhere about a caller, on its way into the form for somebody new.

export interface Offered {
  call: string
  /** By the fields of ours. */
  values: Record<string, string>
}

class Offer {
  private given = $state.raw<Offered | null>(null)

  give(call: string, values: Record<string, string>): void {
    this.given = { call, values }
  }

  /** Return what was offered for *call*, once. */
  take(call: string): Record<string, string> | null {
    if (this.given?.call !== call) return null
    const { values } = this.given
    this.given = null
    return values
  }
}

export const offer = new Offer()
