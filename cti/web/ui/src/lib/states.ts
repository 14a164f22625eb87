// How each state looks: a shape, a colour and (by its key) a word. Never one of them alone.

import type { Grade } from '../phone/quality'
import type { TextKey } from './i18n.svelte'
import type { LineState } from './lines'
import type { AgentView, CallView } from './messages'

export type Shape = 'disc' | 'ring' | 'pause' | 'bell' | 'speech' | 'bars' | 'cross' | 'half' | 'tick' | 'pencil' | 'signal0' | 'signal1' | 'signal2' | 'signal3'
export type Tone = 'good' | 'wait' | 'talk' | 'hold' | 'bad' | 'off' | 'ring' | 'wrap'

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
  reserved: { shape: 'half', tone: 'ring' },
  wrap_up: { shape: 'pencil', tone: 'wrap' },
  phone_lost: { shape: 'cross', tone: 'bad' },
}

export const CALL_LOOK: Record<CallView['state'], Look> = {
  initiated: { shape: 'half', tone: 'talk' },
  alerting: { shape: 'bell', tone: 'ring' },
  connected: { shape: 'speech', tone: 'talk' },
  hold: { shape: 'bars', tone: 'hold' },
}

export const LINE_LOOK: Record<LineState, Look> = {
  ringing: { shape: 'bell', tone: 'ring' },
  dialling: { shape: 'half', tone: 'talk' },
  talking: { shape: 'speech', tone: 'talk' },
  held: { shape: 'bars', tone: 'hold' },
}

export const LINE_WORD: Record<LineState, TextKey> = {
  ringing: 'call.alerting',
  dialling: 'call.initiated',
  talking: 'call.connected',
  held: 'call.hold',
}

/** Why an agent is not ready, where the settings name no reasons. The service and the switch keep the code. */
export const REASONS = ['break', 'lunch', 'meeting', 'training', 'paperwork', 'other'] as const

export const QUALITY_LOOK: Record<Grade, Look> = {
  good: { shape: 'signal3', tone: 'good' },
  fair: { shape: 'signal2', tone: 'wait' },
  poor: { shape: 'signal1', tone: 'bad' },
  silent: { shape: 'signal0', tone: 'bad' },
}
