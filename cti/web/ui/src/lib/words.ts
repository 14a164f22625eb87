// Words for what the settings name: reasons and queues, in the screen's language.

import { i18n, t, tCode } from './i18n.svelte'
import type { AgentView, PendingView } from './messages'
import { session } from './session.svelte'
import { REASONS } from './states'

export function reasonText(code: string): string {
  const known = session.desk.offers.reasons.find((one) => one.code === code)
  return (known && known[i18n.language]) || tCode('reason', code, code)
}

/** The reasons to choose from. */
export function reasonCodes(): readonly string[] {
  const known = session.desk.offers.reasons.map((one) => one.code)
  return known.length > 0 ? known : REASONS
}

export function queueTitle(name: string): string {
  const known = session.desk.offers.queues.find((one) => one.name === name)
  return (known && (i18n.language === 'zh' ? known.title_zh : known.title_en)) || name
}

/** "Not ready · Lunch" */
export function stateText(state: AgentView['state'] | PendingView['state'], reason = ''): string {
  const word = t(`agent.${state}`)
  return reason && state === 'not_ready' ? `${word} · ${reasonText(reason)}` : word
}
