// A conference of this page: each hears the microphone and all the others. The page mixes, so nothing on the switch moves.

import type { PhoneCall } from './call.svelte'
import { audioContext } from './sounds'

export class Conference {
  private constructor(
    readonly calls: PhoneCall[],
    private readonly nodes: AudioNode[],
  ) {}

  static async of(calls: PhoneCall[], microphone: MediaStream): Promise<Conference> {
    const context = audioContext()
    const voice = context.createMediaStreamSource(microphone)
    const gate = context.createGain()
    voice.connect(gate)
    const nodes: AudioNode[] = [voice, gate]
    const heard = new Map<PhoneCall, MediaStreamAudioSourceNode>()
    for (const call of calls) if (call.remoteStream) heard.set(call, context.createMediaStreamSource(call.remoteStream))
    nodes.push(...heard.values())
    for (const call of calls) {
      const mix = context.createMediaStreamDestination()
      gate.connect(mix)
      for (const [other, source] of heard) if (other !== call) source.connect(mix)
      nodes.push(mix)
      await call.sendMixed(mix.stream.getAudioTracks()[0]!, (muted) => (gate.gain.value = muted ? 0 : 1))
    }
    return new Conference(calls, nodes)
  }

  async end(): Promise<void> {
    for (const call of this.calls) if (call.live) await call.sendAlone()
    for (const node of this.nodes) node.disconnect()
  }
}
