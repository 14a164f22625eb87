import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { leanJsSip } from '../tools/lean-jssip'

const path = createRequire(import.meta.url).resolve('jssip/lib/Grammar.js')
const whole = readFileSync(path, 'utf8')
const transform = leanJsSip().transform as (code: string, id: string) => { code: string } | null
const lean = transform(whole, path)!.code

interface Grammar {
  parse(text: string, rule: string): unknown
}

/** The two objects that results are made of stay text here: the same for both. */
function load(code: string): Grammar {
  const module = { exports: {} as Grammar }
  const parts: Record<string, unknown> = {
    './URI': class {
      constructor(...given: unknown[]) {
        Object.assign(this, { given })
      }
    },
    './NameAddrHeader': class {
      constructor(...given: unknown[]) {
        Object.assign(this, { given })
      }
    },
  }
  new Function('module', 'require', code)(module, (name: string) => parts[name])
  return module.exports
}

const said = (grammar: Grammar, text: string, rule: string) => {
  const got = grammar.parse(text, rule)
  return got === -1 ? -1 : JSON.stringify(got)
}

describe('the lean grammar', () => {
  const before = load(whole)
  const after = load(lean)

  it('is a good deal shorter', () => {
    expect(lean.length).toBeLessThan(whole.length * 0.92)
  })

  it.each([
    ['SIP/2.0 200 OK', 'Request_Response'],
    ['INVITE sip:1101@[2001:db8::1]:5060;transport=ws SIP/2.0', 'Request_Response'],
    ['NOT A SIP LINE', 'Request_Response'],
    ['SIP/2.0 486 Busy Here', 'Status_Line'],
    ['"Wang Fang" <sip:+8613800138000@pbx.example>;tag=a1', 'From'],
    ['<sip:1101@asterisk>', 'To'],
    ['"王芳" <sip:王@x>;tag=a', 'From'],
    ['<sip:1101@10.0.0.7:5060;transport=ws>;expires=60, <sip:b@c>', 'Contact'],
    ['SIP/2.0/WS abc.invalid;branch=z9hG4bK776;rport=5060;received=10.0.0.1', 'Via'],
    ['broken via', 'Via'],
    ['4711 INVITE', 'CSeq'],
    ['abc@host', 'Call_ID'],
    ['349', 'Content_Length'],
    ['application/sdp', 'Content_Type'],
    ['70', 'Max_Forwards'],
    ['Digest realm="asterisk",nonce="1/2",opaque="x",algorithm=MD5,qop="auth"', 'WWW_Authenticate'],
    ['Digest realm="asterisk",nonce="1/2"', 'Proxy_Authenticate'],
    ['90;refresher=uac', 'Session_Expires'],
    ['<sip:1102@asterisk?Replaces=a%3Bto-tag%3Db>', 'Refer_To'],
    ['call@host;to-tag=b;from-tag=a', 'Replaces'],
    ['refer;id=7', 'Event'],
    ['active;expires=60', 'Subscription_State'],
    ['SIP;cause=200;text="elsewhere"', 'Reason'],
    ['<sip:proxy;lr>', 'Record_Route'],
    ['"A" <sip:a@b>', 'Name_Addr_Header'],
    ['sip:a@b;transport=ws', 'SIP_URI'],
    ['sip:', 'SIP_URI'],
    ['wss://pbx.example:8089/ws', 'absoluteURI'],
    ['10.0.0.1', 'host'],
    ['not a host!', 'host'],
    ['"quoted"', 'quoted_string'],
    ['f81d4fae-7dec-11d0-a765-00a0c91e6bf6', 'uuid'],
  ])('reads %s as %s, as the published one does', (text, rule) => {
    expect(said(after, text, rule)).toBe(said(before, text, rule))
  })
})
