// How loud a stream is, for the meter beside the choice of microphone.

import { audioContext } from './sounds'

const EVERY_MS = 100
const FALL = 0.85
/** Below this nobody speaks; a headset at rest is some 20 dB under it. */
const FLOOR_DB = -60

/** The share of the meter for a mean square: 0 at -60 dB, 1 at full scale. */
export function shareOf(meanSquare: number): number {
  const db = 10 * Math.log10(Math.max(meanSquare, 1e-12))
  return Math.min(1, Math.max(0, 1 - db / FLOOR_DB))
}

export class LevelMeter {
  share = $state(0)
  private timer: ReturnType<typeof setInterval> | undefined
  private source: MediaStreamAudioSourceNode | null = null

  start(stream: MediaStream): void {
    this.stop()
    const context = audioContext()
    const analyser = context.createAnalyser()
    analyser.fftSize = 1024
    this.source = context.createMediaStreamSource(stream)
    this.source.connect(analyser)
    const wave = new Float32Array(analyser.fftSize)
    this.timer = setInterval(() => {
      analyser.getFloatTimeDomainData(wave)
      // It rises at once and falls slowly, or a word would be over before it is seen.
      this.share = Math.max(shareOf(wave.reduce((sum, x) => sum + x * x, 0) / wave.length), this.share * FALL)
    }, EVERY_MS)
  }

  stop(): void {
    clearInterval(this.timer)
    this.source?.disconnect()
    this.source = null
    this.share = 0
  }
}
