// HTTP calls to the service. Each settles as data or as a refusal with a stable code; none throws.

import type {
  Account,
  ChangePerson,
  ChangeTeam,
  EnablePerson,
  EndSession,
  HttpRefusalCode,
  InUse,
  KnownQueues,
  LoginForm,
  Missed,
  MyCall,
  MyCalls,
  NewPerson,
  NewTeam,
  NoteCall,
  Ops,
  PasswordForm,
  People,
  Person,
  PersonMade,
  PhoneForm,
  PhoneGiven,
  Refused,
  ResetPassword,
  SessionList,
  TakePhone,
  Team,
  Teams,
  Today,
} from './messages'

export interface Refusal {
  /** `unreachable` is ours: there was no answer, or none that we can read. */
  code: HttpRefusalCode | 'unreachable'
  text: string
  retryAfterSeconds: number | null
  /** Of `extension_in_use`: who has it. */
  inUse?: InUse
  /** The whole answer, for refusals that tell more. */
  body?: unknown
}

export type Answer<T> = { ok: true; data: T } | { ok: false; refusal: Refusal }

const TIMEOUT_MS = 10_000
const UNREACHABLE: Refusal = { code: 'unreachable', text: '', retryAfterSeconds: null }

/** For those who have an `api.ts` of their own. */
export async function call<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<Answer<T>> {
  try {
    const response = await fetch(`api/${path}`, {
      method,
      headers: body ? { 'Content-Type': 'application/json' } : {},
      body: body ? JSON.stringify(body) : null,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (response.status === 204) return { ok: true, data: undefined as T }
    const data: unknown = await response.json()
    if (response.ok) return { ok: true, data: data as T }
    const { code, text, retry_after_seconds = null } = data as Refused
    const refusal: Refusal = { code: code as HttpRefusalCode, text, retryAfterSeconds: retry_after_seconds, body: data }
    return { ok: false, refusal: code === 'extension_in_use' ? { ...refusal, inUse: data as InUse } : refusal }
  } catch {
    return { ok: false, refusal: UNREACHABLE }
  }
}

export const api = {
  me: () => call<Account>('GET', 'me'),
  logIn: (form: LoginForm) => call<Account>('POST', 'login', form),
  logOut: () => call<void>('POST', 'logout', {}),
  setPassword: (form: PasswordForm) => call<Account>('POST', 'password', form),
  phone: (form: PhoneForm) => call<PhoneGiven>('POST', 'phone', form),
  ops: () => call<Ops>('GET', 'ops'),
  people: () => call<People>('GET', 'people'),
  addPerson: (form: NewPerson) => call<PersonMade>('POST', 'people', form),
  enablePerson: (form: EnablePerson) => call<Person>('POST', 'people/enable', form),
  resetPassword: (form: ResetPassword) => call<PersonMade>('POST', 'people/reset', form),
  changePerson: (form: ChangePerson) => call<Person>('POST', 'people/change', form),
  sessions: (user: string) => call<SessionList>('GET', `people/sessions?user=${encodeURIComponent(user)}`),
  endSession: (form: EndSession) => call<void>('POST', 'people/sessions/end', form),
  teams: () => call<Teams>('GET', 'teams'),
  addTeam: (form: NewTeam) => call<Team>('POST', 'teams', form),
  changeTeam: (form: ChangeTeam) => call<Team>('POST', 'teams/change', form),
  queues: () => call<KnownQueues>('GET', 'queues'),
  mySessions: () => call<SessionList>('GET', 'my/sessions'),
  endMySession: (session: string) => call<void>('POST', 'my/sessions/end', { session }),
  takePhone: (form: TakePhone) => call<Account>('POST', 'my/phone', form),
  today: () => call<Today>('GET', 'my/today'),
  myCalls: (before?: number) => call<MyCalls>('GET', `my/calls?limit=50${before === undefined ? '' : `&before=${Math.floor(before)}`}`),
  noteCall: (form: NoteCall) => call<MyCall>('POST', 'my/calls/note', form),
  missed: () => call<Missed>('GET', 'my/missed'),
}
