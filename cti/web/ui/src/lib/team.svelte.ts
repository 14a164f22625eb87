// The people whom a lead sees, as the service tells them: at most five times a second, only what changed. A list or a
// wall draws from here, and only what is in view.

import type { AgentView, MateView, TeamMessage } from './messages'

export type MateState = AgentView['state']

/** As a lead reads them: who can take a call, who has one, who is away. */
export const STATES: readonly MateState[] = ['ready', 'reserved', 'ringing', 'talking', 'held', 'wrap_up', 'not_ready', 'phone_lost', 'signed_out']

export interface TeamFilter {
  /** Part of a name, log-in name or extension. */
  text: string
  state: string
  queue: string
}

export type TeamRow = { key: string; state: MateState; count: number; mate: null } | { key: string; state: MateState; count: 0; mate: MateView }

export class TeamBoard {
  people = $state.raw<ReadonlyMap<string, MateView>>(new Map())
  /** Everybody was told at least once. */
  loaded = $state(false)

  apply(message: TeamMessage): void {
    const people = new Map(message.whole ? [] : this.people)
    for (const user of message.gone) people.delete(user)
    for (const mate of message.people) people.set(mate.user, mate)
    this.people = people
    this.loaded = true
  }
}

export function countsOf(people: Iterable<MateView>): Map<MateState, number> {
  const counts = new Map<MateState, number>()
  for (const mate of people) counts.set(mate.agent.state, (counts.get(mate.agent.state) ?? 0) + 1)
  return counts
}

export function queuesOf(people: Iterable<MateView>): string[] {
  return [...new Set([...people].flatMap((mate) => [...mate.agent.queues, ...mate.agent.assigned]))].sort()
}

/** The rows of the list: a head for each state that somebody is in, under it its people, the longest in it first. */
export function rowsOf(people: Iterable<MateView>, filter: TeamFilter): TeamRow[] {
  const groups = new Map<MateState, MateView[]>()
  const text = filter.text.trim().toLowerCase()
  for (const mate of people) {
    const { state, queues, assigned } = mate.agent
    if (filter.state && filter.state !== state) continue
    if (filter.queue && !queues.includes(filter.queue) && !assigned.includes(filter.queue)) continue
    if (text && !`${mate.name} ${mate.user} ${mate.extension}`.toLowerCase().includes(text)) continue
    const group = groups.get(state)
    if (group) group.push(mate)
    else groups.set(state, [mate])
  }
  return STATES.flatMap((state): TeamRow[] => {
    const group = groups.get(state)
    if (!group) return []
    group.sort((a, b) => a.agent.since - b.agent.since || a.user.localeCompare(b.user))
    return [{ key: `:${state}`, state, count: group.length, mate: null }, ...group.map((mate): TeamRow => ({ key: mate.user, state, count: 0, mate }))]
  })
}

/** The rows from the first to before the last that are in view, with some around them. */
export function inView(rows: number, top: number, height: number, rowHeight: number, around = 6): [from: number, to: number] {
  const from = Math.max(0, Math.floor(top / rowHeight) - around)
  return [Math.min(from, rows), Math.min(rows, Math.ceil((top + height) / rowHeight) + around)]
}
