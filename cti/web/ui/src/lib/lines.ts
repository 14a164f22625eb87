// The calls of the bar: what the service pushed and what this page's phone has, joined by the call's name.

import type { PhoneCall } from '../phone/call.svelte'
import type { CallView } from './messages'

export type LineState = 'ringing' | 'dialling' | 'talking' | 'held'

export interface Line {
  key: string
  state: LineState
  view: CallView | null
  /** The same call on this page's phone; null when the phone is on the desk, or has not rung yet. */
  sip: PhoneCall | null
}

const FROM_VIEW: Record<CallView['state'], LineState> = { initiated: 'dialling', alerting: 'ringing', connected: 'talking', hold: 'held' }

function stateOf(view: CallView | null, sip: PhoneCall | null): LineState {
  if (sip) return sip.stage === 'talking' ? (sip.held ? 'held' : 'talking') : sip.stage === 'ringing' ? 'ringing' : 'dialling'
  if (view?.state === 'alerting' && view.direction === 'outbound') return 'dialling'
  return view ? FROM_VIEW[view.state] : 'dialling'
}

let numbered = 0
const numbers = new WeakMap<PhoneCall, string>()

function keyOf(sip: PhoneCall): string {
  let key = numbers.get(sip)
  if (!key) numbers.set(sip, (key = `sip-${++numbered}`))
  return key
}

/**
 * Every call once, in the order in which they came. A question to a colleague is a line of its own even where the switch
 * counts it to the call that it is about.
 */
export function linesOf(views: readonly CallView[], sips: readonly PhoneCall[]): Line[] {
  const free = sips.filter((sip) => sip.stage !== 'ended')
  const lines = views.map((view): Line => {
    const at = free.findIndex((sip) => sip.id === view.call && sip.asksFor === null)
    const sip = (at >= 0 ? free.splice(at, 1)[0] : null) ?? null
    return { key: view.call, state: stateOf(view, sip), view, sip }
  })
  const moved = movedCall(lines, free)
  if (moved) {
    const [line, sip] = moved
    free.splice(free.indexOf(sip), 1)
    lines[lines.indexOf(line)] = { ...line, sip, state: stateOf(line.view, sip) }
  }
  const consultations = new Set(free.filter((sip) => sip.asksFor && sip.id !== '').map((sip) => sip.id))
  const seen = lines.filter((line) => line.sip !== null || !consultations.has(line.key))
  return [...seen, ...free.map((sip): Line => ({ key: keyOf(sip), state: stateOf(null, sip), view: null, sip }))]
}

/**
 * A transfer gives a leg to another call, and no message on the leg says so: who answered a question has the caller on the
 * same leg afterwards. Both lists are of this one phone, so when one call and one leg are left over they belong together.
 */
function movedCall(lines: readonly Line[], free: readonly PhoneCall[]): [line: Line, sip: PhoneCall] | null {
  const talked = lines.filter((line) => line.sip === null && (line.state === 'talking' || line.state === 'held'))
  const legs = free.filter((sip) => sip.stage === 'talking' && sip.asksFor === null)
  const [line, sip] = [talked[0], legs[0]]
  return line && sip && talked.length === 1 && legs.length === 1 && sip.wasNamed ? [line, sip] : null
}

/** The line that the bar is about: one that rings, else the one that is talked on, else the first. */
export function mainLine(lines: readonly Line[]): Line | undefined {
  return (
    lines.find((line) => line.state === 'ringing') ??
    // In a conference both are talked on: the question is what is still to be ended.
    lines.find((line) => line.state === 'talking' && line.sip?.asksFor) ??
    lines.find((line) => line.state === 'talking') ??
    lines.find((line) => line.state === 'dialling') ??
    lines[0]
  )
}
