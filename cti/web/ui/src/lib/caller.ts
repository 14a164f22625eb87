// What to call the other party of a call, from the most to the least certain.

import { phoneNumber } from './format'
import { t } from './i18n.svelte'
import type { Line } from './lines'
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

/** Name and number of a line, whichever of its halves knows them. */
export function lineWho(line: Line, card: (id: string) => Card): { name: string; number: string } {
  if (line.view) return { name: callerName(line.view, card(line.view.call)), number: callerNumber(line.view) }
  const { name = '', number = '' } = line.sip ?? {}
  return { name: name === number ? '' : name, number: phoneNumber(number) || t('call.hidden') }
}
