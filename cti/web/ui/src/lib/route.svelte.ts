// Which screen is shown and what it is narrowed to (the hash), and a map of screens that are loaded when first shown.

import type { Component } from 'svelte'
import type { Me } from './messages'
import { i18n, type TextKey } from './i18n.svelte'

interface Screen {
  title: TextKey
  open: (me: Me) => boolean
  load: () => Promise<{ default: Component }>
}

const leads = (me: Me) => me.role === 'lead' || me.role === 'supervisor'
const isLeader = (me: Me) => me.role === 'admin' || me.role === 'supervisor'

export const SCREENS = {
  desk: { title: 'nav.desk', open: (me) => me.device !== '' || !isLeader(me), load: () => import('../screens/Desk.svelte') },
  team: { title: 'nav.team', open: leads, load: () => i18n.with('team', import('../screens/Team.svelte')) },
  tickets: { title: 'nav.tickets', open: (me) => me.role !== 'admin', load: () => i18n.with('after', import('../screens/Tickets.svelte')) },
  ops: { title: 'nav.ops', open: isLeader, load: () => i18n.with('admin', import('../screens/Ops.svelte')) },
  people: { title: 'nav.people', open: (me) => me.role === 'admin', load: () => i18n.with('admin', import('../screens/People.svelte')) },
  audit: { title: 'nav.audit', open: (me) => me.role === 'admin', load: () => i18n.with('audit', import('../screens/Audit.svelte')) },
} as const satisfies Record<string, Screen>

export type ScreenName = keyof typeof SCREENS
export const SCREEN_NAMES = Object.keys(SCREENS) as ScreenName[]

class Route {
  private hash = $state(location.hash)

  constructor() {
    addEventListener('hashchange', () => (this.hash = location.hash))
  }

  /** The screen that the hash names, if *me* may open it, else the first that they may. */
  screen(me: Me): ScreenName {
    const open = SCREEN_NAMES.filter((name) => SCREENS[name].open(me))
    return open.find((name) => `#${name}` === this.hash.split('?')[0]) ?? open[0] ?? 'desk'
  }

  /** What the shown screen is narrowed to, as the URL has it. */
  get filters(): URLSearchParams {
    return new URLSearchParams(this.hash.split('?')[1] ?? '')
  }

  /** Narrow the screen *name*; an empty value widens it again. No step of "back" is made of it. */
  narrow(name: ScreenName, changes: Record<string, string>): void {
    const all = this.filters
    for (const [key, value] of Object.entries(changes)) {
      if (value) all.set(key, value)
      else all.delete(key)
    }
    this.hash = `#${name}${all.size > 0 ? `?${all}` : ''}`
    history.replaceState(null, '', this.hash)
  }

  go(name: ScreenName): void {
    location.hash = name
  }
}

export const route = new Route()
