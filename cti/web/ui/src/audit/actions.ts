// The actions to choose from. The type comes from the service: one that is missing here is an error.

import type { AuditAction } from '../lib/messages'

const KNOWN: Record<AuditAction, true> = {
  log_in: true,
  'log_in.refused': true,
  log_out: true,
  'password.change': true,
  'session.end': true,
  'phone.take': true,
  'agent.force': true,
  'agent.repair': true,
  'person.make': true,
  'person.change': true,
  'person.enable': true,
  'person.disable': true,
  'person.reset_password': true,
  'team.make': true,
  'team.rename': true,
  'team.remove': true,
  'audit.export': true,
  'customers.import': true,
  'customers.export': true,
  'customers.merge': true,
  'customers.unmerge': true,
  'customers.disclose': true,
  'customers.erase': true,
}

export const ACTIONS = Object.keys(KNOWN) as AuditAction[]
