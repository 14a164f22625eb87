// JsSIP, loaded when somebody with a phone in the browser signs in; and the types of it that we use.

import type { IncomingRequest } from 'jssip/lib/SIPMessage'
import type { EndEvent, OutgoingEvent, RTCSession } from 'jssip/lib/RTCSession'
import type { RTCSessionEvent, UA } from 'jssip/lib/UA'

export type { EndEvent, IncomingRequest, OutgoingEvent, RTCSession, RTCSessionEvent, UA }

export async function loadSip(): Promise<typeof import('jssip')> {
  const module = await import('jssip')
  return 'default' in module ? (module.default as typeof import('jssip')) : module
}
