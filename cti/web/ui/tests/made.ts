// Messages for tests: whole and valid, with what a test cares about replaced.

import type { AgentView, CallView, Card, ScreenMessage, SnapshotMessage } from '../src/lib/messages'

export function call(id: string, changes: Partial<CallView> = {}): CallView {
  return {
    call: id,
    direction: 'inbound',
    state: 'alerting',
    number: '+8613800138000',
    shown: '138 0013 8000',
    name: '',
    queue: 'support',
    dialled: '',
    started_at: 1_000,
    alerting_at: 2_000,
    answered_at: null,
    waited_seconds: 1,
    about: id,
    data: [],
    ...changes,
  }
}

export function card(id: string, changes: Partial<Card> = {}): Card {
  return { call: id, state: 'unknown', matches: [], chosen: null, sources: [], ...changes }
}

export function pop(id: string): ScreenMessage {
  return { seq: 0, type: 'pop', pop: `pop-${id}`, call: call(id), card: card(id), stamps: { read: 0, event: 0, dispatched: 0 } }
}

export function snapshot(changes: Partial<SnapshotMessage> = {}): SnapshotMessage & { seq: number } {
  return {
    seq: 1,
    type: 'snapshot',
    session: 's1',
    me: { user: 'carol', name: '陈静', role: 'agent', device: 'PJSIP/1001', extension: '1001' },
    now: 5_000,
    link: { up: true, since: 0 },
    agent: agent(),
    calls: [],
    cards: [],
    notes: [],
    desk: { reasons: [], queues: [] },
    ...changes,
  }
}

export function agent(changes: Partial<AgentView> = {}): AgentView {
  return {
    state: 'ready',
    since: 0,
    reason: '',
    queues: [],
    places: [],
    assigned: [],
    pending: null,
    asked: null,
    wrap_up: 'none',
    wrap_up_until: null,
    can_extend: false,
    forced_by: '',
    why: '',
    ...changes,
  }
}
