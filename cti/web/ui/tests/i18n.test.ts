import { afterEach, describe, expect, it } from 'vitest'
import base from '../src/lib/en'
import { duration, milliseconds, moment, phoneNumber } from '../src/lib/format'
import { GROUPS, i18n, t, tCode } from '../src/lib/i18n.svelte'
import chinese from '../src/lib/zh'
import { browserName } from '../src/people/browser'

async function everything(language: 'en' | 'zh', texts: object): Promise<Record<string, string>> {
  const groups = await Promise.all(Object.values(GROUPS).map((group) => group[language]()))
  return Object.assign({}, texts, ...groups.map((group) => group.default)) as Record<string, string>
}

const en = await everything('en', base)
const zh = await everything('zh', chinese)

const placeholders = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort()

afterEach(() => i18n.choose('en'))

describe('texts', () => {
  it('fill in values, and leave what is not given', () => {
    expect(t('stale.retry', { seconds: 4 })).toBe('Trying again in 4 s.')
    expect(t('stale.retry')).toContain('{seconds}')
  })

  it('do not read a value as a pattern', () => {
    expect(t('new.saved', { name: "$& {name} <img src=x>" })).toBe('Saved: $& {name} <img src=x>')
  })

  it('have the same values in both languages, and none is empty', () => {
    for (const [key, text] of Object.entries(en)) {
      expect(placeholders(zh[key] ?? ''), key).toEqual(placeholders(text))
      expect(zh[key]?.trim(), key).toBeTruthy()
    }
  })

  it('change with the language, which the page declares', async () => {
    await i18n.choose('zh')
    expect(t('agent.ready')).toBe('示闲')
    expect(document.documentElement.lang).toBe('zh-CN')
  })

  it('for codes from outside fall back to what came', () => {
    expect(tCode('reason', 'lunch', 'lunch')).toBe('Lunch')
    expect(tCode('reason', 'Feierabend', 'Feierabend')).toBe('Feierabend')
    expect(tCode('reason', '__proto__', 'x')).toBe('x')
  })
})

describe('figures', () => {
  it.each([[0, '00:00'], [-5_000, '00:00'], [207_400, '03:27'], [3_849_000, '1:04:09']])('%d ms last %s', (ms, text) => {
    expect(duration(ms)).toBe(text)
  })

  it.each([[0.4218, '0.42'], [3.14, '3.1'], [1250, '1,250']])('%d ms are written %s', (ms, text) => {
    expect(milliseconds(ms)).toBe(text)
  })

  it.each([
    ['+8613800138000', '138 0013 8000'],
    ['+8657188886666', '0571 8888 6666'],
    ['+861082345678', '010 8234 5678'],
    ['+390612345678', '+390612345678'],
    ['anonymous', 'anonymous'],
  ])('%s is read out %s', (number, text) => {
    expect(phoneNumber(number)).toBe(text)
  })
})

describe('moments', () => {
  const now = new Date(2026, 10, 24, 12, 0).getTime()

  it.each([
    [new Date(2026, 10, 24, 9, 5), 'Today 09:05', '今天 09:05'],
    [new Date(2026, 10, 2, 9, 5), '2 Nov 09:05', '11/02 09:05'],
    [new Date(2025, 9, 20, 23, 59), '20 Oct 2025 23:59', '2025/10/20 23:59'],
  ])('%s is written for people', async (at, english, chinese) => {
    expect(moment(at.getTime(), now, t('common.today'))).toBe(english)
    await i18n.choose('zh')
    expect(moment(at.getTime(), now, t('common.today'))).toBe(chinese)
  })
})

describe('a browser', () => {
  it.each([
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36', 'Chrome 156 · Windows'],
    ['Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0', 'Edge 156 · Windows'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox 140 · Linux'],
    ['curl/8', 'curl/8'],
  ])('%s is %s', (agent, name) => expect(browserName(agent)).toBe(name))
})
