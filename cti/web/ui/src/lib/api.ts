// HTTP calls to the service. Each settles as data or as a refusal with a stable code; none throws.

import type {
  Account,
  EnablePerson,
  HttpRefusalCode,
  LoginForm,
  NewPerson,
  Ops,
  PasswordForm,
  People,
  Person,
  PersonMade,
  Refused,
  ResetPassword,
} from './messages'

export interface Refusal {
  /** `unreachable` is ours: there was no answer, or none that we can read. */
  code: HttpRefusalCode | 'unreachable'
  text: string
  retryAfterSeconds: number | null
}

export type Answer<T> = { ok: true; data: T } | { ok: false; refusal: Refusal }

const TIMEOUT_MS = 10_000
const UNREACHABLE: Refusal = { code: 'unreachable', text: '', retryAfterSeconds: null }

async function call<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<Answer<T>> {
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
    const { code, text, retry_after_seconds } = data as Refused
    return { ok: false, refusal: { code: code as HttpRefusalCode, text, retryAfterSeconds: retry_after_seconds } }
  } catch {
    return { ok: false, refusal: UNREACHABLE }
  }
}

export const api = {
  me: () => call<Account>('GET', 'me'),
  logIn: (form: LoginForm) => call<Account>('POST', 'login', form),
  logOut: () => call<void>('POST', 'logout', {}),
  setPassword: (form: PasswordForm) => call<Account>('POST', 'password', form),
  ops: () => call<Ops>('GET', 'ops'),
  people: () => call<People>('GET', 'people'),
  addPerson: (form: NewPerson) => call<PersonMade>('POST', 'people', form),
  enablePerson: (form: EnablePerson) => call<Person>('POST', 'people/enable', form),
  resetPassword: (form: ResetPassword) => call<PersonMade>('POST', 'people/reset', form),
}
