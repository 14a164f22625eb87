// How the network treats the voice: loss, jitter and round trip from getStats, and the word that they come to. Pure.

export interface Sample {
  /** Packets that came, and that should have come and did not, since the call began. */
  received: number
  lost: number
  jitterMs: number
  /** As the other side reports; null where it does not. */
  roundTripMs: number | null
  /** Share of our packets that the other side missed lately. */
  lostThere: number
}

export type Grade = 'good' | 'fair' | 'poor' | 'silent'

export interface Quality {
  grade: Grade
  lossPercent: number
  jitterMs: number
  roundTripMs: number | null
}

/** Above `fair` one hears it now and then, above `poor` people ask "sorry?". */
const LIMITS = { fair: { loss: 1, jitter: 30, roundTrip: 250 }, poor: { loss: 5, jitter: 60, roundTrip: 450 } } as const

function exceeds(quality: Omit<Quality, 'grade'>, limit: (typeof LIMITS)['fair' | 'poor']): boolean {
  return quality.lossPercent > limit.loss || quality.jitterMs > limit.jitter || (quality.roundTripMs ?? 0) > limit.roundTrip
}

/** Return what happened between two samples. */
export function judge(before: Sample, after: Sample): Quality {
  const received = after.received - before.received
  const lost = Math.max(0, after.lost - before.lost) // late packets are taken off again
  const here = received + lost > 0 ? lost / (received + lost) : 0
  const figures = {
    lossPercent: Math.max(here, after.lostThere) * 100,
    jitterMs: after.jitterMs,
    roundTripMs: after.roundTripMs,
  }
  if (received <= 0) return { ...figures, grade: 'silent' }
  return { ...figures, grade: exceeds(figures, LIMITS.poor) ? 'poor' : exceeds(figures, LIMITS.fair) ? 'fair' : 'good' }
}

/** Read a report of getStats. */
export function sampleOf(report: Iterable<Record<string, unknown>>): Sample {
  const sample: Sample = { received: 0, lost: 0, jitterMs: 0, roundTripMs: null, lostThere: 0 }
  const figure = (value: unknown) => (typeof value === 'number' ? value : 0)
  for (const one of report) {
    if (one.type === 'inbound-rtp' && one.kind === 'audio') {
      sample.received += figure(one.packetsReceived)
      sample.lost += figure(one.packetsLost)
      sample.jitterMs = figure(one.jitter) * 1000
    } else if (one.type === 'remote-inbound-rtp' && one.kind === 'audio') {
      sample.lostThere = Math.max(0, figure(one.fractionLost))
      if (typeof one.roundTripTime === 'number') sample.roundTripMs = one.roundTripTime * 1000
    } else if (one.type === 'candidate-pair' && one.nominated === true && sample.roundTripMs === null) {
      if (typeof one.currentRoundTripTime === 'number') sample.roundTripMs = one.currentRoundTripTime * 1000
    }
  }
  return sample
}
