// Leaves out of JsSIP what a phone of ours never uses: messages, subscriptions, notifications, its debug output, and what its grammar
// notes about text that does not fit. They are a tenth of what an agent's browser downloads for the phone.

import type { Plugin } from 'vite'

const UNUSED = /^\.\/(Message|Notifier|Options|Subscriber|WebSocketInterface|RTCSession\/ReferNotifier)$/
const PART = '\0jssip-unused'
const NAME = '\0jssip-name'
const SILENT = '\0jssip-silent'

const LEFT_OUT = `module.exports = class { constructor() { throw new Error('this part of JsSIP is left out') } }`
const EVENTS = '\0jssip-events'
// All of Node's EventEmitter that JsSIP calls.
const EMITTER = `class EventEmitter {
  on(type, listener) { (this.heard ??= new Map()).set(type, [...this.listeners(type), listener]); return this }
  listeners(type) { return this.heard?.get(type) ?? [] }
  removeListener(type, listener) { this.heard?.set(type, this.listeners(type).filter((one) => one !== listener)); return this }
  emit(type, ...args) { const all = this.listeners(type); for (const one of all) one.apply(this, args); return all.length > 0 }
}
EventEmitter.EventEmitter = EventEmitter
module.exports = EventEmitter`
const SILENCE = 'const make = () => () => {}; make.default = make; module.exports = make'

// The generated grammar notes what it expected where, for an error that JsSIP makes and throws away; and it has rules that no header of ours
// reaches.
const NOTE = /if \(reportFailures === 0\) \{\s*matchFailed\("(?:[^"\\]|\\.)*"\);\s*\}/g
const COUNT = /\breportFailures(?:\+\+|--);/g
const FAULT = /new this\.SyntaxError\(cleanupExpected[^;]*;/
const RULES =
  'Allow_Events|Content_Disposition|Content_Encoding|Expires|Min_Expires|OCTET|Proxy_Require|Require|RPAREN|LPAREN|Route|Subject|Supported|TEXT_UTF8_TRIM|TEXT_UTF8char|comment|ctext|disp_param|disp_type|extension_header|handling_param|header_value|message_body|route_param|separators|uuid_URI'
const TABLE = new RegExp(`\\n\\s+"(?:${RULES})": parse_\\w+,?(?=\\n)`, 'g')

export function leanJsSip(): Plugin {
  return {
    name: 'lean-jssip',
    enforce: 'pre',
    transform(code, id) {
      if (!/\/jssip\/lib\/Grammar\.js$/.test(id)) return null
      return { code: code.replace(NOTE, '').replace(COUNT, '').replace(FAULT, '').replace(TABLE, ''), map: null }
    },
    resolveId(source, importer) {
      if (!importer?.includes('/jssip/lib/')) return null
      if (source === 'events') return EVENTS
      if (source === 'debug') return SILENT
      if (source === '../package.json') return NAME
      return UNUSED.test(source) ? PART : null
    },
    load(id) {
      if (id === SILENT) return SILENCE
      if (id === EVENTS) return EMITTER
      if (id === NAME) return "module.exports = { title: 'JsSIP', version: '' }"
      if (id === PART) return LEFT_OUT
      return null
    },
  }
}
