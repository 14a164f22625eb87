// Made by `python -m cti.web.schema` from cti/web/messages.py and cti/web/api.py. Do not edit.

export const CLOSE_ABUSE = 4429

export const CLOSE_REPLACED = 4409

export const CLOSE_RESTART = 1012

export const CLOSE_SIGNED_OUT = 4401

export const CLOSE_SLOW = 4008

export const MAX_FRAME_BYTES = 16384

export type RefusalCode =
  | "not_json"
  | "unknown_message"
  | "too_large"
  | "not_allowed"
  | "not_your_call"
  | "unknown_pop"
  | "unknown_customer"
  | "no_device"
  | "no_number"
  | "already_registered"
  | "invalid"
  | "link_down"
  | "switch_refused"
  | "outcome_unknown"
  | "storage_failed"
  | "too_many"

export type HttpRefusalCode =
  | "bad_request"
  | "signed_out"
  | "wrong_password"
  | "slow_down"
  | "must_change_password"
  | "weak_password"
  | "not_allowed"
  | "wrong_origin"
  | "not_found"
  | "already_exists"
  | "busy"
  | "storage_failed"

/** GET /api/me, and the answer to a log-in. With `must_change` only /api/password and /api/logout are open. */
export interface Account {
  me: Me
  must_change: boolean
}

export interface AgentMessage {
  type: "agent"
  agent: AgentView
}

/** The person's own state, as the switch reports it. */
export interface AgentView {
  state: "held" | "not_ready" | "phone_lost" | "ready" | "ringing" | "signed_out" | "talking"
  since: number
  reason: string
  queues: string[]
}

export interface CallGoneMessage {
  type: "call.gone"
  call: string
  cause: string
}

export interface CallMessage {
  type: "call"
  call: CallView
}

/** A call in which the person takes part. */
export interface CallView {
  call: string
  direction: "inbound" | "internal" | "outbound"
  state: "alerting" | "connected" | "hold" | "initiated"
  number: string
  shown: string
  name: string
  queue: string
  dialled: string
  started_at: number
  alerting_at: number
  answered_at: number | null
  waited_seconds: number
}

/** Who is calling, as far as is known. `internal`: a colleague calls, there is no customer. */
export interface Card {
  call: string
  state: "failed" | "hidden" | "internal" | "known" | "looking" | "several" | "unknown"
  matches: CustomerMatch[]
  chosen: number | null
}

/** More became known about the customer of a call. */
export interface CardMessage {
  type: "card"
  card: Card
}

/** Of several customers with the number, this one is on the line. */
export interface ChooseCustomer {
  type: "card.choose"
  id: number
  call: string
  customer: number
}

/** An earlier call with a customer, as the card shows it. */
export interface Contact {
  call: string
  at: string
  direction: string
  outcome: string
  agent: string
  talk_seconds: number
}

export interface Customer {
  id: number
  name: string
  numbers: CustomerNumber[]
  tags: string[]
  company: string
  note: string
}

/** A customer who has the number, with the last contacts (latest first, three at most). */
export interface CustomerMatch {
  customer: Customer
  contacts: Contact[]
}

export interface CustomerNumber {
  e164: string
  kind: string
}

/** The command with this id was carried out. */
export interface DoneMessage {
  type: "done"
  id: number
  now: number
}

/** POST /api/people/enable -> Person */
export interface EnablePerson {
  user: string
  enabled: boolean
}

export interface LinkMessage {
  type: "link"
  link: LinkView
}

/** Whether the service hears the switch. */
export interface LinkView {
  up: boolean
  since: number
}

/** GET /api/ops/calls, for comparing with what Asterisk itself lists. No numbers and no names. */
export interface Live {
  calls: LiveCall[]
  channels: string[]
}

/** A call as the service believes it to stand. */
export interface LiveCall {
  call: string
  direction: string
  started_at: number
  agents: string[]
  queue: string
  channels: string[]
}

/** POST /api/login -> Account */
export interface LoginForm {
  user: string
  password: string
}

export interface Me {
  user: string
  name: string
  role: "admin" | "agent" | "inspector" | "lead" | "supervisor"
  device: string
  extension: string
}

/** POST /api/people -> PersonMade */
export interface NewPerson {
  user: string
  name: string
  role: "admin" | "agent" | "inspector" | "lead" | "supervisor"
  device?: string
}

/** POST /api/logout -> 204 */
export interface Nothing {
}

/** GET /api/ops */
export interface Ops {
  now: number
  version: string
  started_at: number
  link: LinkView
  parts: PartHealth[]
  screens: number
  people: number
  calls: number
  pops: number
  window_seconds: number
  stages: StageFigures[]
  loop_lag: StageFigures | null
}

export interface PartHealth {
  part: string
  ok: boolean
  detail: string
}

/** POST /api/password -> Account */
export interface PasswordForm {
  old: string
  new: string
}

/** GET /api/people */
export interface People {
  people: Person[]
}

export interface Person {
  user: string
  name: string
  role: "admin" | "agent" | "inspector" | "lead" | "supervisor"
  device: string
  enabled: boolean
  must_change: boolean
  connected: boolean
}

/** The password is shown once; it must be changed at the first log-in. */
export interface PersonMade {
  person: Person
  password: string
}

/** A call rings at this person's phone; answer with pop.painted. */
export interface PopMessage {
  type: "pop"
  pop: string
  call: CallView
  card: Card
  stamps: Stamps
}

/** The card stands on the screen. Both stamps are in the service's clock as the screen estimates it. */
export interface PopPainted {
  type: "pop.painted"
  id: number
  pop: string
  received: number
  painted: number
}

/** GET /readyz: 200 when ready, else 503 */
export interface Ready {
  ready: boolean
  parts: PartHealth[]
}

/** The command with this id (0 when it had none) was not carried out. */
export interface RefusalMessage {
  type: "refusal"
  id: number
  code: string
  text: string
}

/** Any answer that is no success. */
export interface Refused {
  code: string
  text: string
  retry_after_seconds: number | null
}

/** A new customer with the number of *call*. */
export interface RegisterCustomer {
  type: "customer.register"
  id: number
  call: string
  name: string
  company?: string
  note?: string
  tags?: string[]
}

/** POST /api/people/reset -> PersonMade */
export interface ResetPassword {
  user: string
}

/** The frames that were missed follow. */
export interface ResumedMessage {
  type: "resumed"
  now: number
}

export interface SetAgentState {
  type: "agent.set_state"
  id: number
  state: "not_ready" | "ready"
  reason?: string
}

/** All that the screen shows; replaces what it had. */
export interface SnapshotMessage {
  type: "snapshot"
  session: string
  me: Me
  now: number
  link: LinkView
  agent: AgentView
  calls: CallView[]
  cards: Card[]
}

/** Milliseconds that pops spent in one stage, over the window. */
export interface StageFigures {
  stage: "dispatched" | "event" | "loop_lag" | "painted" | "received" | "total"
  count: number
  p50: number
  p95: number
  p99: number
}

/** When the bytes were read from the switch, the call event was made, and the frame was handed to the socket. */
export interface Stamps {
  read: number
  event: number
  dispatched: number
}

/** Ask for the service's time; the screen halves the round trip. */
export interface SyncClock {
  type: "clock.sync"
  id: number
}

export type ScreenCommand =
  | SetAgentState
  | PopPainted
  | ChooseCustomer
  | RegisterCustomer
  | SyncClock

export type ScreenMessage = { seq: number } & (
  | SnapshotMessage
  | ResumedMessage
  | PopMessage
  | CardMessage
  | CallMessage
  | CallGoneMessage
  | AgentMessage
  | LinkMessage
  | DoneMessage
  | RefusalMessage
)
