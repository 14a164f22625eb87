// The texts in English about dialling, and about what may not be dialled.

export default {
  'dial.label': 'Call a number',
  'dial.hint': 'Number or extension',
  'dial.call': 'Call',
  'dial.rings': 'Your phone rings; it calls {number}.',

  'refusal.call_state': 'The call cannot be treated so as it stands. Look at it, then try again.',
  'refusal.dial_number': 'This number cannot be dialled. Check its digits; one abroad begins with + and its country.',
  'refusal.dial_code': 'Codes with * and # are not dialled from the screen. Use the keys of the phone.',
  'refusal.dial_national': 'Your role calls colleagues only. Ask an administrator.',
  'refusal.dial_abroad': 'Calls to that country are not open. Ask an administrator to open it.',
  'refusal.dial_premium': 'Numbers that cost extra are not dialled from here. Ask your team lead.',
  'refusal.dial_barred': 'This number is barred here. Ask your team lead.',
} as const
