// When a session has candidates enough. On one network the first address is nearly always the one that is used, and
// waiting for the end of gathering can take 10 s and more on a machine with odd interfaces.

export const AFTER_FIRST_MS = 500

export interface CandidateEvent {
  ready: () => void
}

/** Return a listener for `icecandidate` that calls `ready` once, *afterFirstMs* after the first candidate. */
export function settleSoon(afterFirstMs = AFTER_FIRST_MS): (event: CandidateEvent) => void {
  let latest: (() => void) | null = null
  return (event) => {
    // Each negotiation has a `ready` of its own; a later one (hold, resume) starts the wait anew.
    if (latest === event.ready) return
    latest = event.ready
    setTimeout(event.ready, afterFirstMs)
  }
}
