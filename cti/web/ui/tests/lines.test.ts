import { describe, expect, it } from 'vitest'
import { linesOf, mainLine } from '../src/lib/lines'
import type { PhoneCall } from '../src/phone/call.svelte'
import { call } from './made'

function sip(id: string, changes: Partial<PhoneCall> = {}): PhoneCall {
  return { id, stage: 'talking', held: false, asksFor: null, wasNamed: true, number: '', name: '', ...changes } as PhoneCall
}

const shape = (lines: ReturnType<typeof linesOf>) => lines.map((line) => [line.view?.call ?? '', line.sip?.id ?? null, line.state])

describe('the calls of the bar', () => {
  it('are joined by name, though the numbers are the same', () => {
    const views = [call('a', { state: 'connected' }), call('b')]
    const lines = linesOf(views, [sip('b', { stage: 'ringing' }), sip('a')])
    expect(shape(lines)).toEqual([
      ['a', 'a', 'talking'],
      ['b', 'b', 'ringing'],
    ])
  })

  it('are never joined by number', () => {
    expect(shape(linesOf([call('a')], [sip('other', { stage: 'ringing', number: '+8613800138000' })]))).toEqual([
      ['a', null, 'ringing'],
      ['', 'other', 'ringing'],
    ])
  })

  it('are there while only one side knows of them', () => {
    expect(shape(linesOf([call('a', { state: 'hold' })], []))).toEqual([['a', null, 'held']])
    expect(shape(linesOf([], [sip('a', { held: true })]))).toEqual([['', 'a', 'held']])
    expect(shape(linesOf([], [sip('a', { stage: 'ended' })]))).toEqual([])
  })

  it('have a question as a line of its own, also where the switch counts it to the call', () => {
    const customer = sip('a', { held: true })
    const question = sip('a', { asksFor: customer })
    expect(shape(linesOf([call('a', { state: 'hold' })], [customer, question]))).toEqual([
      ['a', 'a', 'held'],
      ['', 'a', 'talking'],
    ])
  })

  it('have a question once, where the switch pushes it as a call', () => {
    const customer = sip('a', { held: true })
    const question = sip('q', { asksFor: customer })
    const views = [call('a', { state: 'hold' }), call('q', { state: 'connected', direction: 'internal' })]
    expect(shape(linesOf(views, [customer, question]))).toEqual([
      ['a', 'a', 'held'],
      ['', 'q', 'talking'],
    ])
  })

  it('follow a transfer: the leg of the question carries the caller now', () => {
    const leg = sip('question')
    expect(shape(linesOf([call('customer', { state: 'connected' })], [leg]))).toEqual([['customer', 'question', 'talking']])
    // Not while it is unclear which is which, nor while a call only rings, nor for a leg that has no name yet.
    expect(linesOf([call('a', { state: 'connected' }), call('b', { state: 'hold' })], [leg])).toHaveLength(3)
    expect(linesOf([call('a')], [leg])).toHaveLength(2)
    expect(linesOf([call('a', { state: 'connected' })], [sip('', { wasNamed: false })])).toHaveLength(2)
  })

  it('keep their keys, so that nothing under the hands is drawn anew', () => {
    const one = sip('')
    expect(linesOf([], [one])[0]!.key).toBe(linesOf([], [one])[0]!.key)
  })

  it('say dialling while a customer is rung', () => {
    expect(linesOf([call('a', { direction: 'outbound' })], [])[0]!.state).toBe('dialling')
  })
})

describe('the bar is about', () => {
  const main = (...sips: PhoneCall[]) => mainLine(linesOf([], sips))?.sip?.id

  it('a call that rings, else the one that is spoken on', () => {
    expect(main(sip('held', { held: true }), sip('talk'))).toBe('talk')
    expect(main(sip('talk'), sip('ring', { stage: 'ringing' }))).toBe('ring')
    expect(main(sip('held', { held: true }))).toBe('held')
    expect(main()).toBeUndefined()
  })

  it('the question, when caller and colleague are both spoken with', () => {
    const caller = sip('caller')
    expect(main(caller, sip('question', { asksFor: caller }))).toBe('question')
  })
})
