// HTTP calls about what is left to do after calls.

import { call } from '../../lib/api'
import type {
  ActOnTicket,
  AfterCall,
  Callbacks,
  CallbackView,
  ChangeTicket,
  ChooseOutcome,
  FinishCallback,
  MoveCallback,
  OpenTicket,
  PromiseCallback,
  TicketList,
  TicketView,
  TicketWhole,
} from '../../lib/messages'

export type Scope = 'mine' | 'team' | 'all'

export const afterApi = {
  of: (id: string) => call<AfterCall>('GET', `after?call=${encodeURIComponent(id)}`),
  choose: (form: ChooseOutcome) => call<AfterCall>('POST', 'after/outcome', form),
  callbacks: () => call<Callbacks>('GET', 'callbacks'),
  promise: (form: PromiseCallback) => call<CallbackView>('POST', 'callbacks', form),
  finish: (form: FinishCallback) => call<CallbackView>('POST', 'callbacks/finish', form),
  move: (form: MoveCallback) => call<CallbackView>('POST', 'callbacks/move', form),
  tickets: (scope: Scope, closed: boolean) => call<TicketList>('GET', `tickets?scope=${scope}${closed ? '&closed=1' : ''}`),
  ticket: (id: string) => call<TicketWhole>('GET', `tickets/one?id=${id}`),
  open: (form: OpenTicket) => call<TicketView>('POST', 'tickets', form),
  act: (form: ActOnTicket) => call<TicketWhole>('POST', 'tickets/act', form),
  change: (form: ChangeTicket) => call<TicketWhole>('POST', 'tickets/change', form),
}
