// An entry of the audit as a sentence, and what changed as words.

import { call, type Answer } from '../lib/api'
import { t, tCode } from '../lib/i18n.svelte'
import type { Audit, AuditEntry } from '../lib/messages'

export interface AuditFilter {
  person: string
  action: string
  day: string
}

export const auditPage = (filter: AuditFilter, before?: number): Promise<Answer<Audit>> => {
  const query = new URLSearchParams({ ...filter, limit: '100' })
  if (before !== undefined) query.set('before', String(before))
  return call<Audit>('GET', `audit?${query}`)
}

/** What was done, by whom, to whom. A code that we have no sentence for stands as it is. */
export function sentence(entry: AuditEntry): string {
  const known = tCode('did', entry.action, '')
  if (known) return t(`did.${entry.action}` as 'did.log_in', { who: entry.who, whom: entry.whom }).trim()
  return [entry.who, entry.action, entry.whom].filter(Boolean).join(' · ')
}

/** "role: Team lead · team: blue"; what is no JSON is shown as it is. */
export function details(entry: AuditEntry): string {
  let what: unknown
  try {
    what = JSON.parse(entry.what || '{}')
  } catch {
    return entry.what
  }
  if (typeof what !== 'object' || what === null) return entry.what
  return Object.entries(what)
    .filter(([, value]) => value !== '' && value !== null)
    .map(([name, value]) => `${tCode('field', name, name)}: ${worded(name, value)}`)
    .join(' · ')
}

function worded(name: string, value: unknown): string {
  if (name === 'role') return tCode('role', String(value), String(value))
  if (name === 'state') return tCode('agent', String(value), String(value))
  if (name === 'reason') return tCode('reason', String(value), String(value))
  if (name === 'queues' && typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([queue, penalty]) => (penalty ? `${queue} (${String(penalty)})` : queue))
      .join(', ')
  }
  return typeof value === 'string' ? value : JSON.stringify(value)
}
