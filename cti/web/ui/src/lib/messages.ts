// Made by `python -m cti.web.schema` from cti/web/messages.py and the api*.py beside it. Do not edit.

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
  | "no_queue"
  | "not_now"
  | "unknown_person"
  | "outcome_missing"
  | "call_state"
  | "dial_number"
  | "dial_code"
  | "dial_national"
  | "dial_abroad"
  | "dial_premium"
  | "dial_barred"

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
  | "no_phone"
  | "phone_in_use"
  | "busy"
  | "storage_failed"
  | "extension_in_use"
  | "changed_meanwhile"

export type AuditAction =
  | "log_in"
  | "log_in.refused"
  | "log_out"
  | "password.change"
  | "session.end"
  | "phone.take"
  | "agent.force"
  | "agent.repair"
  | "person.make"
  | "person.change"
  | "person.enable"
  | "person.disable"
  | "person.reset_password"
  | "team.make"
  | "team.rename"
  | "team.remove"
  | "audit.export"
  | "customers.import"
  | "customers.export"
  | "customers.merge"
  | "customers.unmerge"
  | "customers.disclose"
  | "customers.erase"

/** GET /api/me, and the answer to a log-in. With `must_change` only /api/password and /api/logout are open. */
export interface Account {
  me: Me
  must_change: boolean
}

/** POST /api/tickets/act -> TicketWhole. `seen` is the ticket's changed_at; 409 `changed_meanwhile` when older. */
export interface ActOnTicket {
  id: string
  act: "close" | "go_on" | "reopen" | "say" | "solve" | "take" | "wait"
  text?: string
  seen?: number | null
}

/** GET /api/after?call=: what the call can come to, what was chosen, and what was promised and opened in it. */
export interface AfterCall {
  call: string
  outcomes: OutcomesView | null
  outcome: string
  callbacks: CallbackView[]
  tickets: TicketView[]
}

export interface AgentMessage {
  type: "agent"
  agent: AgentView
}

/** The person's own state, as the switch reports it. */
export interface AgentView {
  state: "held" | "not_ready" | "phone_lost" | "ready" | "reserved" | "ringing" | "signed_out" | "talking" | "wrap_up"
  since: number
  reason: string
  queues: string[]
  places: PlaceView[]
  assigned: string[]
  pending: PendingView | null
  asked: PendingView | null
  wrap_up: "extendable" | "forced" | "none" | "optional" | "timed"
  wrap_up_until: number | null
  can_extend: boolean
  forced_by: string
  why: string
}

/** GET /api/audit?person=anna&action=log_in&day=2026-03-05&before=ID&limit=100, for administrators. `person` did it, or had it done to them; `day` is the centre's. `whole`: no entry was changed or taken out; it is looked at for the first page only, and null after it. */
export interface Audit {
  entries: AuditEntry[]
  whole: boolean | null
}

export interface AuditEntry {
  id: number
  at: number
  who: string
  action: string
  whom: string
  what: string
  source: string
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
  about: string
  data: Datum[]
}

export interface CallbackView {
  id: string
  state: "cancelled" | "done" | "open"
  due_at: number
  number: string
  name: string
  customer: number | null
  queue: string
  note: string
  owner: string
  own: boolean
  made_by: string
  call: string
  kept: boolean | null
}

/** GET /api/callbacks: the open ones of who asks, and those of their queues; how promises were kept in 30 days. */
export interface Callbacks {
  callbacks: CallbackView[]
  kept: number
  promised: number
}

/** Who is calling, as far as is known. `internal`: a colleague calls, there is no customer. */
export interface Card {
  call: string
  state: "failed" | "hidden" | "internal" | "known" | "looking" | "several" | "unknown"
  matches: CustomerMatch[]
  chosen: number | null
  sources: SourceView[]
}

/** More became known about the customer of a call. */
export interface CardMessage {
  type: "card"
  card: Card
}

/** POST /api/people/change -> Person. What is left out stays; team "" is none. */
export interface ChangePerson {
  user: string
  name?: string | null
  role?: "admin" | "agent" | "inspector" | "lead" | "supervisor" | null
  device?: string | null
  team?: string | null
  queues?: Queue[] | null
}

/** POST /api/teams/change -> Team; name "" removes a team in which nobody is. */
export interface ChangeTeam {
  id: number
  name: string
}

/** POST /api/tickets/change -> TicketWhole. Another owner (a log-in name), or another severity, with why. */
export interface ChangeTicket {
  id: string
  owner?: string | null
  severity?: "critical" | "high" | "low" | "normal" | null
  text?: string
  seen?: number | null
}

/** Of several customers with the number, this one is on the line. */
export interface ChooseCustomer {
  type: "card.choose"
  id: number
  call: string
  customer: number
}

/** POST /api/after/outcome -> AfterCall. 409 `still_needed` (StillNeeded) names what the outcome lacks. */
export interface ChooseOutcome {
  call: string
  outcome: string
}

/** It does not any more. */
export interface CloseForm {
  type: "form.close"
  id: number
}

/** What somebody wrote about a call while it lives. */
export interface ColleagueNote {
  user: string
  author: string
  text: string
  at: number
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

/** What is wrong with a file of a team lead's; an error keeps the version before it in use. */
export interface ContentFault {
  file: string
  line: number
  column: number
  severity: "error" | "warning"
  zh: string
  en: string
}

export interface Customer {
  id: number
  name: string
  numbers: CustomerNumber[]
  tags: string[]
  company: string
  note: string
  kind: "company" | "person"
  owner: string
  do_not_call: boolean
  fields: Record<string, string>
}

/** A customer who has the number, with the last contacts (latest first, three at most). */
export interface CustomerMatch {
  customer: Customer
  contacts: Contact[]
  reason: "last_contact" | "main_number" | "newest" | "not_this_person" | "only" | "verified"
}

export interface CustomerNumber {
  e164: string
  kind: string
  verified_at: string | null
  shared: boolean
}

/** One thing that the dialplan knows about a call. The value is text, perhaps a stranger's. */
export interface Datum {
  name: string
  zh: string
  en: string
  value: string
  value_zh: string
  value_en: string
}

/** This customer is not who calls from that number: off the card now, and ranked last from now on. */
export interface DenyCustomer {
  type: "card.deny"
  id: number
  call: string
  customer: number
}

/** What the desk offers, from the settings. */
export interface DeskView {
  reasons: ReasonView[]
  queues: QueueView[]
}

/** Call *number*. A desk phone is rung first, to be answered at once; `done` is when it rings. A phone in the page is told by `done` that it may call; then it sends its INVITE, which is held to the same rule. */
export interface Dial {
  type: "call.dial"
  id: number
  number: string
  phone?: "desk" | "page"
  key?: string
}

export interface DisputedField {
  field: string
  mine: unknown
  theirs: unknown
  who: string
  at: number
}

/** The command with this id was carried out. */
export interface DoneMessage {
  type: "done"
  id: number
  now: number
}

export interface DraftKept {
  at: number
}

export interface DraftView {
  author: string
  at: number
  values: Record<string, unknown>
  revision: string
  focus: string
}

/** POST /api/people/enable -> Person */
export interface EnablePerson {
  user: string
  enabled: boolean
}

/** POST /api/people/sessions/end, POST /api/my/sessions/end (where `user` is left out) -> 204 */
export interface EndSession {
  session: string
  user?: string
}

/** POST /api/audit/export -> text/csv; what is left out does not matter. */
export interface ExportAudit {
  person?: string
  action?: string
  day?: string
}

/** Once for each wrap-up, where the queue allows it; it is logged. */
export interface ExtendWrapUp {
  type: "agent.extend_wrap_up"
  id: number
  key?: string
}

/** POST /api/callbacks/finish -> CallbackView */
export interface FinishCallback {
  id: string
  cancel?: boolean
}

export interface FinishWrapUp {
  type: "agent.finish_wrap_up"
  id: number
  state?: "not_ready" | "ready"
  reason?: string
  key?: string
}

/** A team lead or supervisor changes the state of somebody in their team, who sees who did it and why. */
export interface ForceAgentState {
  type: "agent.force"
  id: number
  user: string
  state: "not_ready" | "ready" | "signed_out"
  reason?: string
  why?: string
  key?: string
}

/** 409: somebody wrote the same fields meanwhile. Choose for each, and save again with this `revision`. */
export interface FormConflict {
  code: "form_conflict"
  text: string
  fields: DisputedField[]
  revision: string
}

/** What is wrong with a field. `path` leads to it: "city", or "phones/2" inside a list. */
export interface FormError {
  path: string
  code: string
  zh: string
  en: string
}

/** 422: it does not fit the form. */
export interface FormErrors {
  code: "form_errors"
  text: string
  errors: FormError[]
}

/** Who else has a form about the same open. With a `revision` the record was just written: load it again. */
export interface FormMessage {
  type: "form"
  about: string
  others: FormPerson[]
  revision: string
}

export interface FormPerson {
  user: string
  name: string
}

/** Something to ask now. `fields` of the form answer it; `age_days`: so long not confirmed, null where unknown. */
export interface FormPrompt {
  kind: "ask" | "confirm" | "register" | "require"
  field: string
  fields: string[]
  age_days: number | null
}

/** GET /api/assist/form?call=ID, or ?customer=ID; &form=NAME for another than that for registering. 204 where there is none to fill in. */
export interface FormView {
  about: string
  form: string
  version: string
  title_zh: string
  title_en: string
  form_schema: Record<string, unknown>
  trees: Record<string, string>
  values: Record<string, unknown>
  revision: string
  customer: number | null
  prompts: FormPrompt[]
  draft: DraftView | null
  unfinished: DraftView | null
  now: number
}

export interface FoundField {
  zh: string
  en: string
  value: string
  into: string
}

/** What a system elsewhere has under the number. */
export interface FoundRecord {
  id: string
  name: string
  fields: FoundField[]
  url: string
}

/** End one's own part in *call*, or reject it while it rings; `done` is when the switch reports it. */
export interface HangUp {
  type: "call.hang_up"
  id: number
  call: string
  key?: string
}

/** 409: somebody else has the extension. `can_take_over`: they have no screen open; post again with take_over. */
export interface InUse {
  code: "extension_in_use"
  text: string
  user: string
  name: string
  last_seen_at: number | null
  can_take_over: boolean
}

/** POST /api/assist/form/draft -> DraftKept. No values: there is no draft any more. */
export interface KeepDraft {
  call?: string
  customer?: number
  form: string
  version: string
  values: Record<string, unknown>
  revision?: string
  focus?: string
}

/** GET /api/queues: the names of queues that the settings, the switch or an assignment has. */
export interface KnownQueues {
  queues: string[]
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

/** A call that somebody has, as their lead sees it. */
export interface MateCall {
  call: string
  direction: "inbound" | "internal" | "outbound"
  state: "alerting" | "connected" | "hold" | "initiated"
  queue: string
  shown: string
  since: number
}

/** Somebody in the team, now. */
export interface MateView {
  user: string
  name: string
  extension: string
  team: string
  agent: AgentView
  calls: MateCall[]
}

export interface Me {
  user: string
  name: string
  role: "admin" | "agent" | "inspector" | "lead" | "supervisor"
  device: string
  extension: string
}

/** GET /api/my/missed: since midnight at the centre, the latest first. */
export interface Missed {
  calls: MissedCall[]
}

/** A customer who was not reached here: abandoned in a queue of this person's, or not answered at their phone. */
export interface MissedCall {
  call: string
  number: string
  customer: string
  queue: string
  at: number
  waited_seconds: number
  here: boolean
  called_back_by: string
  called_back_at: number | null
  reached: boolean
}

/** POST /api/callbacks/move -> CallbackView. `owner` is a log-in name, "" is anybody. */
export interface MoveCallback {
  id: string
  due_at: number
  owner: string
}

export interface MyCall {
  call: string
  direction: string
  number: string
  customer: string
  customer_id: number | null
  queue: string
  outcome: string
  started_at: number
  rang_at: number | null
  answered_at: number | null
  ended_at: number
  talk_seconds: number
  note: string
  data: Datum[]
}

/** GET /api/my/calls?before=MS&limit=50: the latest first; `more`: ask again with the last one's started_at. */
export interface MyCalls {
  calls: MyCall[]
  more: boolean
}

/** POST /api/people -> PersonMade */
export interface NewPerson {
  user: string
  name: string
  role: "admin" | "agent" | "inspector" | "lead" | "supervisor"
  device?: string
  team?: string
  queues?: Queue[]
}

/** POST /api/teams -> Team */
export interface NewTeam {
  name: string
}

/** POST /api/my/calls/note -> MyCall; an empty note removes it. */
export interface NoteCall {
  call: string
  note: string
}

/** What colleagues wrote about a call that this person has, or is asked about; comes before its pop. */
export interface NotesMessage {
  type: "notes"
  notes: NotesView
}

/** All that was written about a call so far, the oldest first; one's own among it. */
export interface NotesView {
  call: string
  notes: ColleagueNote[]
}

/** POST /api/logout -> 204 */
export interface Nothing {
}

/** This screen shows the form about the customer of *call*, or *customer*: `form` messages tell who else does. */
export interface OpenForm {
  type: "form.open"
  id: number
  call?: string
  customer?: number
}

/** POST /api/tickets -> TicketView. Only a suggestion is about no call. */
export interface OpenTicket {
  kind: "complaint" | "request" | "suggestion"
  title: string
  text?: string
  category?: string
  severity?: "critical" | "high" | "low" | "normal"
  call?: string
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
  content: ContentFault[]
}

/** One that can be chosen, or a group: one that others are `under`. */
export interface OutcomeView {
  code: string
  zh: string
  en: string
  under: string
  needs: ("callback" | "note" | "ticket")[]
  ticket: "complaint" | "request" | null
  category: string
  do_not_call: boolean
}

export interface OutcomesView {
  zh: string
  en: string
  required: boolean
  outcomes: OutcomeView[]
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

/** A state that was asked for and is to come: after the call and its wrap-up, or once the switch reports it. */
export interface PendingView {
  state: "not_ready" | "ready" | "signed_out" | "wrap_up"
  reason: string
  by: string
  why: string
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
  team: string
  queues: Queue[]
}

/** The password is shown once; it must be changed at the first log-in. */
export interface PersonMade {
  person: Person
  password: string
}

/** POST /api/phone -> PhoneGiven */
export interface PhoneForm {
  take_over?: boolean
  phone?: string
}

/** A phone for this page: what a SIP user agent needs to register through the service. */
export interface PhoneGiven {
  phone: string
  extension: string
  uri: string
  realm: string
  user: string
  password: string
  contact: string
  path: string
  register_seconds: number
  waiting: string[]
  wait_seconds: number
}

/** The person's place in one queue, as the switch reports it. */
export interface PlaceView {
  queue: string
  paused: boolean
  reason: string
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

/** Send tones to who is in *call*: the menu of another telephone system. */
export interface PressKeys {
  type: "call.keys"
  id: number
  call: string
  keys: string
  key?: string
}

/** POST /api/callbacks -> CallbackView. `own` false: anybody who serves the call's queue may make it. */
export interface PromiseCallback {
  call: string
  due_at: number
  note?: string
  own?: boolean
}

/** A queue that a person serves; the switch asks members with a higher penalty later. */
export interface Queue {
  queue: string
  penalty: number
}

/** A queue as people know it, and what its calls ask of a desk. */
export interface QueueView {
  name: string
  title_zh: string
  title_en: string
  wrap_up: "extendable" | "forced" | "none" | "optional" | "timed"
  wrap_up_seconds: number
  extension_seconds: number
  auto_answer: boolean
}

/** GET /readyz: 200 when ready, else 503 */
export interface Ready {
  ready: boolean
  parts: PartHealth[]
}

export interface ReasonSeconds {
  reason: string
  seconds: number
}

/** A reason for not being ready, to choose from. Others may occur; they are shown as they are. */
export interface ReasonView {
  code: string
  zh: string
  en: string
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

/** A callback is due soon, or a ticket changed that this person must know of; the lists are read by HTTP. */
export interface ReminderMessage {
  type: "reminder"
  kind: "callback" | "ticket"
  id: string
  title: string
  due_at: number | null
}

/** Ask the switch anew about this person's phone, and show what it says; it is logged. */
export interface RepairAgentState {
  type: "agent.repair"
  id: number
  key?: string
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

/** POST /api/assist/form/save -> FormView; 422 FormErrors, 409 FormConflict: then the draft is kept. `confirmed` are fields of the customer (FormPrompt.field) that are still right. */
export interface SaveForm {
  call?: string
  customer?: number
  form: string
  version: string
  values: Record<string, unknown>
  revision?: string
  focus?: string
  confirmed?: string[]
}

export interface SessionInfo {
  session: string
  created_at: number
  last_seen_at: number
  expires_at: number
  source: string
  browser: string
  connected: boolean
  own: boolean
}

/** GET /api/people/sessions?user=anna, GET /api/my/sessions */
export interface SessionList {
  user: string
  sessions: SessionInfo[]
}

/** `wrap_up` is for queues whose wrap-up is optional: during the call, or right after it. */
export interface SetAgentState {
  type: "agent.set_state"
  id: number
  state: "not_ready" | "ready" | "wrap_up"
  reason?: string
  key?: string
}

/** Join the queues, not ready: all that are assigned, or those of them that are named. */
export interface SignIn {
  type: "agent.sign_in"
  id: number
  queues?: string[]
  key?: string
}

/** Leave every queue. */
export interface SignOut {
  type: "agent.sign_out"
  id: number
  key?: string
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
  desk: DeskView
  notes: NotesView[]
}

/** What a system elsewhere says about a caller. */
export interface SourceView {
  source: string
  title_zh: string
  title_en: string
  state: "failed" | "found" | "looking" | "none"
  records: FoundRecord[]
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

/** 409: the outcome needs more. `fields` are those of the customer, as forms name them. */
export interface StillNeeded {
  code: "still_needed"
  text: string
  needs: ("callback" | "note" | "ticket")[]
  fields: string[]
}

/** Ask for the service's time; the screen halves the round trip. */
export interface SyncClock {
  type: "clock.sync"
  id: number
}

/** POST /api/assist/form/take_over -> FormView: go on with what somebody else left unfinished. */
export interface TakeOver {
  call?: string
  customer?: number
  form: string
}

/** POST /api/my/phone -> Account. 409 `extension_in_use` (InUse) when somebody else has it. With `take_over` a phone whose holder has no screen open is taken, and the holder's sessions end. */
export interface TakePhone {
  device: string
  take_over?: boolean
}

export interface Team {
  id: number
  name: string
  people: number
}

export interface TeamMate {
  user: string
  name: string
  device: string
  team: string
  agent: AgentView
}

/** People of one's team that are new or different, at most five times a second. With `whole` it replaces all. */
export interface TeamMessage {
  type: "team"
  people: MateView[]
  gone: string[]
  whole: boolean
}

/** GET /api/team: the people whose state a lead or supervisor may force. */
export interface TeamNow {
  people: TeamMate[]
}

/** GET /api/teams */
export interface Teams {
  teams: Team[]
}

export interface TicketLine {
  at: number
  who: string
  act: string
  text: string
}

/** GET /api/tickets?scope=mine|team|all&closed=1: the first due first. */
export interface TicketList {
  tickets: TicketView[]
}

export interface TicketView {
  id: string
  kind: "complaint" | "request" | "suggestion"
  state: "closed" | "open" | "solved" | "waiting" | "working"
  severity: "critical" | "high" | "low" | "normal"
  level: "agent" | "lead" | "supervisor"
  category: string
  title: string
  text: string
  owner: string
  own: boolean
  made_by: string
  made_at: number
  changed_at: number
  due_at: number | null
  name: string
  customer: number | null
  number: string
  queue: string
  call: string
}

/** GET /api/tickets/one?id= */
export interface TicketWhole {
  ticket: TicketView
  history: TicketLine[]
  acts: string[]
}

/** GET /api/my/today: since midnight at the centre. The time in the present state is counted up to `now`. */
export interface Today {
  now: number
  since: number
  calls: number
  inbound: number
  outbound: number
  talk_seconds: number
  wrap_up_seconds: number
  ready_seconds: number
  signed_in_seconds: number
  not_ready: ReasonSeconds[]
  missed: number
}

/** Have who is in *call* go on to *number*, without asking there; `done` is when the phone is free. */
export interface Transfer {
  type: "call.transfer"
  id: number
  call: string
  number: string
  key?: string
}

/** No more `team` frames. */
export interface UnwatchTeam {
  type: "team.unwatch"
  id: number
}

/** Show me my people: `team` frames follow, until the screen says otherwise or is opened anew. */
export interface WatchTeam {
  type: "team.watch"
  id: number
}

/** All that this person has to say about a call ("" for nothing), as often as it changes while it is typed. Colleagues who have the call, or are asked about it, see it at once. `done` means stored: it becomes part of the call's record, whatever happens to this screen. */
export interface WriteNote {
  type: "note.write"
  id: number
  call: string
  text: string
}

export type ScreenCommand =
  | SignIn
  | SignOut
  | SetAgentState
  | FinishWrapUp
  | ExtendWrapUp
  | RepairAgentState
  | ForceAgentState
  | Dial
  | HangUp
  | Transfer
  | PressKeys
  | WatchTeam
  | UnwatchTeam
  | PopPainted
  | ChooseCustomer
  | DenyCustomer
  | RegisterCustomer
  | WriteNote
  | OpenForm
  | CloseForm
  | SyncClock

export type ScreenMessage = { seq: number } & (
  | SnapshotMessage
  | ResumedMessage
  | PopMessage
  | CardMessage
  | NotesMessage
  | CallMessage
  | CallGoneMessage
  | AgentMessage
  | LinkMessage
  | ReminderMessage
  | TeamMessage
  | FormMessage
  | DoneMessage
  | RefusalMessage
)
