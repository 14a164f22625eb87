// The sounds that the page makes: ring tone, test tone. They are computed, so nothing is downloaded and none can be missing.

import { sendTo } from './sinks'

let shared: AudioContext | null = null

export function audioContext(): AudioContext {
  if (!shared) {
    shared = new AudioContext()
    // After a reload the browser lets nothing sound before the person has touched the page.
    for (const gesture of ['pointerdown', 'keydown']) addEventListener(gesture, wake, { capture: true })
  }
  wake()
  return shared
}

function wake(): void {
  if (shared?.state === 'suspended') void shared.resume().catch(() => undefined)
}

/** One burst of the ring: two tones that warble. */
function burst(context: AudioContext, to: AudioNode, at: number, seconds: number): void {
  const gain = context.createGain()
  gain.gain.setValueAtTime(0, at)
  gain.gain.linearRampToValueAtTime(0.22, at + 0.03)
  gain.gain.setValueAtTime(0.22, at + seconds - 0.08)
  gain.gain.linearRampToValueAtTime(0, at + seconds)
  gain.connect(to)
  for (const [i, hertz] of [440, 554.4].entries()) {
    const tone = context.createOscillator()
    tone.frequency.value = hertz
    const warble = context.createOscillator()
    warble.frequency.value = 18 + i
    const depth = context.createGain()
    depth.gain.value = 12
    warble.connect(depth).connect(tone.frequency)
    tone.connect(gain)
    for (const one of [tone, warble]) {
      one.start(at)
      one.stop(at + seconds)
    }
  }
}

const RING_SECONDS = 1
const RING_EVERY_MS = 3_000
const BEEP_SECONDS = 0.2
const BEEP_EVERY_MS = 6_000

/** Sound on a device of its own. */
class Speaker {
  private readonly element = new Audio()
  private readonly stream: MediaStreamAudioDestinationNode

  constructor(context: AudioContext) {
    this.stream = context.createMediaStreamDestination()
    this.element.srcObject = this.stream.stream
  }

  async open(device: string): Promise<AudioNode> {
    await sendTo(this.element, device)
    await this.element.play().catch(() => undefined) // not allowed before the first click; the strip shows the call anyway
    return this.stream
  }

  close(): void {
    this.element.pause()
    this.element.srcObject = null
  }
}

/** Ring on *device* until the result is called. */
export function ring(device: string): () => void {
  return repeat(device, RING_SECONDS, RING_EVERY_MS)
}

/** A short tone now and then, for somebody who is talking while another call waits. */
export function beep(device: string): () => void {
  return repeat(device, BEEP_SECONDS, BEEP_EVERY_MS)
}

function repeat(device: string, seconds: number, everyMs: number): () => void {
  const context = audioContext()
  const speaker = new Speaker(context)
  let timer: ReturnType<typeof setInterval> | undefined
  let over = false
  void speaker.open(device).then((to) => {
    if (over) return
    const sound = () => burst(context, to, context.currentTime + 0.05, seconds)
    sound()
    timer = setInterval(sound, everyMs)
  })
  return () => {
    over = true
    clearInterval(timer)
    speaker.close()
  }
}

/** Ring once on *device*. */
export function testTone(device: string): Promise<void> {
  return once(device, RING_SECONDS)
}

/** A short tone on *device*: a call was answered without being asked, and somebody hears what is said now. */
export function answerTone(device: string): void {
  void once(device, BEEP_SECONDS)
}

async function once(device: string, seconds: number): Promise<void> {
  const context = audioContext()
  const speaker = new Speaker(context)
  burst(context, await speaker.open(device), context.currentTime + 0.05, seconds)
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000 + 200))
  speaker.close()
}
