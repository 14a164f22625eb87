// How each state looks: a shape, a colour and (by its key) a word. Never one of them alone.

import type { AgentView, CallView } from './messages'

export type Shape = 'disc' | 'ring' | 'pause' | 'bell' | 'speech' | 'bars' | 'cross' | 'half' | 'tick'
export type Tone = 'good' | 'wait' | 'talk' | 'hold' | 'bad' | 'off' | 'ring'

export interface Look {
  shape: Shape
  tone: Tone
}

export const AGENT_LOOK: Record<AgentView['state'], Look> = {
  signed_out: { shape: 'ring', tone: 'off' },
  not_ready: { shape: 'pause', tone: 'wait' },
  ready: { shape: 'disc', tone: 'good' },
  ringing: { shape: 'bell', tone: 'ring' },
  talking: { shape: 'speech', tone: 'talk' },
  held: { shape: 'bars', tone: 'hold' },
  phone_lost: { shape: 'cross', tone: 'bad' },
}

export const CALL_LOOK: Record<CallView['state'], Look> = {
  initiated: { shape: 'half', tone: 'talk' },
  alerting: { shape: 'bell', tone: 'ring' },
  connected: { shape: 'speech', tone: 'talk' },
  hold: { shape: 'bars', tone: 'hold' },
}

/** Why an agent is not ready. The service and the switch keep the code; the words are ours. */
export const REASONS = ['break', 'lunch', 'meeting', 'training', 'paperwork', 'other'] as const
