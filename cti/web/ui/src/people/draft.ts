// A person as the form has them.

import type { NewPerson, Person, Queue } from '../lib/messages'

export interface PersonDraft {
  user: string
  name: string
  role: NewPerson['role']
  device: string
  team: string
  queues: Queue[]
}

export const ROLES: NewPerson['role'][] = ['agent', 'lead', 'supervisor', 'inspector', 'admin']

export function draftOf(person?: Person): PersonDraft {
  if (!person) return { user: '', name: '', role: 'agent', device: '', team: '', queues: [] }
  const { user, name, role, device, team, queues } = person
  return { user, name, role, device: device.replace(/^PJSIP\/(?=\d+$)/, ''), team, queues: queues.map((one) => ({ ...one })) }
}

/** What is sent of *draft*. A bare extension means a SIP phone, which is what nearly everybody has. */
export function wanted(draft: PersonDraft): PersonDraft {
  const device = draft.device.trim()
  return { ...draft, user: draft.user.trim(), name: draft.name.trim(), device: /^\d+$/.test(device) ? `PJSIP/${device}` : device }
}
