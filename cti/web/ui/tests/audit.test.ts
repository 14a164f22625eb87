import { beforeAll, describe, expect, it } from 'vitest'
import { ACTIONS } from '../src/audit/actions'
import { details, sentence } from '../src/audit/entries'
import { i18n } from '../src/lib/i18n.svelte'
import type { AuditEntry } from '../src/lib/messages'

const entry = (changes: Partial<AuditEntry>): AuditEntry => ({ id: 1, at: 0, who: 'ada', action: 'log_in', whom: '', what: '', source: '', ...changes })

describe.each(['en', 'zh'] as const)('the audit in %s', (language) => {
  beforeAll(async () => {
    await i18n.choose(language)
    await i18n.with('audit', Promise.resolve())
  })

  it('has a sentence with its person for every action', () => {
    for (const action of ACTIONS) {
      const said = sentence(entry({ action, whom: 'bo' }))
      expect(said, action).toContain('ada')
      expect(said, action).not.toMatch(/[{}]/)
      expect(said, action).not.toContain(action)
    }
  })

  it('shows an action of another version as it is', () => {
    expect(sentence(entry({ action: 'moon.shot', whom: 'bo' }))).toBe('ada · moon.shot · bo')
  })
})

describe('what changed', () => {
  beforeAll(() => i18n.choose('en'))

  it.each([
    ['{"role":"lead","team":"blue"}', 'role: Team lead · team: blue'],
    ['{"state":"not_ready","reason":"lunch","why":""}', 'state: Not ready · reason: Lunch'],
    ['{"queues":{"support":0,"vip":3}}', 'queues: support, vip (3)'],
    ['12 into 7', '12 into 7'],
    ['', ''],
    ['{"later":[1]}', 'later: [1]'],
  ])('%s', (what, said) => {
    expect(details(entry({ what }))).toBe(said)
  })
})
