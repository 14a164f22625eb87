// Shapes and colours of tickets.

import type { TicketView } from '../../lib/messages'
import type { Look } from '../../lib/states'

export const TICKET_LOOK: Record<TicketView['state'], Look> = {
  open: { shape: 'ring', tone: 'wait' },
  working: { shape: 'half', tone: 'talk' },
  waiting: { shape: 'pause', tone: 'hold' },
  solved: { shape: 'tick', tone: 'good' },
  closed: { shape: 'disc', tone: 'off' },
}

export const isLive = (ticket: TicketView): boolean => ticket.state === 'open' || ticket.state === 'working' || ticket.state === 'waiting'
