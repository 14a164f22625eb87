// Forms: what the screen says of values is what the service says of them, and what becomes of a half-typed entry.

import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { check } from '../src/assist/form/checks'
import { Filling } from '../src/assist/form/filling.svelte'
import { validate, type FormSchema, type Tree } from '../src/assist/form/schema'
import type { FormView } from '../src/lib/messages'

const cases = JSON.parse(readFileSync('../../../tests/cases/forms.json', 'utf-8')) as {
  today: string
  schema: FormSchema
  trees: Record<string, Tree>
  cases: { name: string; values: Record<string, unknown>; errors: unknown[] }[]
  checks: { check: string; text: string; wrong: unknown }[]
}

const byPath = (errors: unknown[]) => [...errors].sort((one, other) => JSON.stringify(one).localeCompare(JSON.stringify(other)))

describe('the service and the screen say the same of', () => {
  it.each(cases.cases)('$name', ({ values, errors }) => {
    expect(byPath(validate(cases.schema, values, cases.today, cases.trees))).toEqual(byPath(errors))
  })
  it.each(cases.checks)('$check $text', (one) => {
    expect(check(one.check, one.text, cases.today)).toEqual(one.wrong)
  })
})

describe('an entry', () => {
  const view: FormView = {
    about: 'number:+8613800138000',
    form: 'sample',
    version: '1',
    title_zh: '样表',
    title_en: 'Sample',
    form_schema: cases.schema as unknown as Record<string, unknown>,
    trees: {},
    values: {},
    revision: '',
    customer: null,
    prompts: [],
    draft: null,
    unfinished: null,
    now: 1_000,
  }
  const posted: { path: string; body: Record<string, unknown> }[] = []
  let answers: Record<string, () => Response>

  beforeEach(() => {
    vi.useFakeTimers()
    sessionStorage.clear()
    posted.length = 0
    answers = { form: () => Response.json(view), draft: () => Response.json({ at: 2_000 }), save: () => Response.json({ ...view, customer: 7 }) }
    vi.stubGlobal('fetch', (path: string, init?: RequestInit) => {
      const what = (path.split('?')[0] ?? '').split('/').at(-1) ?? ''
      if (init?.body) posted.push({ path: what, body: JSON.parse(init.body as string) as Record<string, unknown> })
      return Promise.resolve(answers[what]?.() ?? Response.error())
    })
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  async function opened(): Promise<Filling> {
    const filling = new Filling({ call: 'call-1' })
    await filling.load()
    expect(filling.state).toBe('ready')
    return filling
  }

  it('is kept by the service after a pause, with the field in which the person stands', async () => {
    const filling = await opened()
    filling.enter('name')
    filling.set('name', '王')
    filling.set('name', '王芳')
    expect(posted).toEqual([])
    await vi.advanceTimersByTimeAsync(400)
    expect(posted).toHaveLength(1)
    expect(posted[0]?.body).toMatchObject({ call: 'call-1', values: { name: '王芳' }, focus: 'name' })
    expect(filling.kept).toBe('draft')
  })

  it('survives a lost network: it stays in this tab and is sent later', async () => {
    const filling = await opened()
    answers['draft'] = () => {
      throw new TypeError('offline')
    }
    filling.set('name', '王芳')
    await vi.advanceTimersByTimeAsync(400)
    expect(filling.kept).toBe('unsent')

    const reloaded = await opened()
    expect(reloaded.values).toMatchObject({ name: '王芳' })
    answers['draft'] = () => Response.json({ at: 3_000 })
    await vi.advanceTimersByTimeAsync(5_000)
    expect(reloaded.kept).toBe('draft')
    expect(sessionStorage).toHaveLength(0)
  })

  it('is not sent while it does not fit, and says where', async () => {
    const filling = await opened()
    filling.set('kind', 'person')
    filling.set('name', '王芳')
    filling.set('id_number', '110105194912310021')
    expect(filling.problemOf('id_number')).toBeUndefined()
    filling.leave('id_number')
    expect(filling.problemOf('id_number')?.code).toBe('cn_id.checksum')
    expect(await filling.save()).toBe('id_number')
    expect(posted.filter(({ path }) => path === 'save')).toEqual([])

    filling.set('id_number', '11010519491231002X')
    expect(await filling.save()).toBe('')
    expect(filling.kept).toBe('saved')
    expect(filling.view?.customer).toBe(7)
  })

  it('that two people wrote is chosen between, and saved as chosen', async () => {
    const filling = await opened()
    filling.set('kind', 'person')
    filling.set('name', '王大芳')
    const field = { field: 'name', mine: '王大芳', theirs: '王小芳', who: 'Anna', at: 0 }
    answers['save'] = () => Response.json({ code: 'form_conflict', text: '', fields: [field], revision: 'r2' }, { status: 409 })
    answers['form'] = () => Response.json({ ...view, customer: 7, values: { name: '王小芳' }, revision: 'r2' })
    await filling.save()
    expect(filling.disputed).toEqual([field])
    filling.choose('name', 'theirs')
    expect(filling.disputed).toEqual([])
    expect(filling.values['name']).toBe('王小芳')
    answers['save'] = () => Response.json({ ...view, customer: 7 })
    await filling.save()
    expect(posted.at(-1)?.body).toMatchObject({ revision: 'r2', values: { kind: 'person' } })
    expect(posted.at(-1)?.body['values']).not.toHaveProperty('name')
  })
})
