// What can be wrong with the phone. Each code has one sentence in the texts (`trouble.CODE`) that says what to do.

export type Trouble =
  | 'insecure' // plain http by another address than this machine's: a browser gives no microphone there
  | 'no_webrtc'
  | 'mic_refused'
  | 'mic_missing'
  | 'mic_taken'
  | 'mic_gone' // it was unplugged
  | 'mic_failed'
  | 'credentials' // the switch does not take what the service gave us
  | 'media_refused' // the switch cannot make an encrypted call: no res_srtp, no webrtc=yes
  | 'switch_away'
  | 'service_away'
  | 'not_loaded' // the phone's part of the page

/** These leave the phone registered: only the microphone is in the way. */
export const MICROPHONE: readonly Trouble[] = ['mic_refused', 'mic_missing', 'mic_taken', 'mic_gone', 'mic_failed']

/** What stands in the way before anybody is asked, if anything. */
export function missingHere(): Trouble | null {
  if (!window.isSecureContext) return 'insecure'
  if (!('RTCPeerConnection' in window) || !navigator.mediaDevices) return 'no_webrtc'
  return null
}

/** The trouble that an error of getUserMedia is. */
export function microphoneTrouble(error: unknown): Trouble {
  switch (error instanceof DOMException ? error.name : '') {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'mic_refused'
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'mic_missing'
    case 'NotReadableError':
    case 'AbortError':
      return 'mic_taken'
    default:
      return 'mic_failed'
  }
}

/** Why a call came to nothing, as far as the person can do something about it; a code for `phone_call.CODE`. */
export type CallFailure = 'busy' | 'no_answer' | 'rejected' | 'not_found' | 'unavailable' | 'refused' | 'media' | 'lost' | 'other'

export function callFailure(cause: string, status: number): CallFailure | null {
  switch (cause) {
    case 'Terminated':
    case 'Canceled':
      return null // somebody hung up; nothing is wrong
    case 'Busy':
      return 'busy'
    case 'No Answer':
    case 'Expires':
    case 'Request Timeout':
      return 'no_answer'
    case 'Not Found':
    case 'Address Incomplete':
      return 'not_found'
    case 'Unavailable':
      return 'unavailable'
    case 'Authentication Error':
      return 'refused'
    case 'Incompatible SDP':
    case 'Missing SDP':
    case 'WebRTC Error':
    case 'Bad Media Description':
    case 'RTP Timeout':
      return 'media'
    case 'Connection Error':
    case 'Dialog Error':
    case 'No ACK':
      return 'lost'
    case 'Rejected':
      return status === 403 ? 'refused' : 'rejected'
    default:
      return status === 488 ? 'media' : 'other'
  }
}
