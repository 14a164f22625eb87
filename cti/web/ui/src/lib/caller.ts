// What to call the other party of a call, from the most to the least certain.

import { t } from './i18n.svelte'
import type { CallView, Card, CustomerMatch } from './messages'

/** The customer that the card is about, once that is settled. */
export function chosenMatch(card: Card): CustomerMatch | undefined {
  return card.matches.find((match) => match.customer.id === card.chosen)
}

/** The customer's name, else what the network sent, else ''. */
export function callerName(call: CallView, card: Card): string {
  return chosenMatch(card)?.customer.name ?? call.name
}

export function callerNumber(call: CallView): string {
  return call.shown || call.number || t('call.hidden')
}
