// HTTP calls about forms, and the choice trees, which a page reads once.

import { call } from '../../lib/api'
import type { DraftKept, FormView, KeepDraft, SaveForm, TakeOver } from '../../lib/messages'
import type { Tree } from './schema'

/** Whom a form is about: whoever is in a call, or a customer. */
export type Subject = { call: string } | { customer: number }

export const formApi = {
  open: (subject: Subject) => {
    const [name, value] = Object.entries(subject)[0] ?? ['call', '']
    return call<FormView | undefined>('GET', `assist/form?${name}=${encodeURIComponent(value)}`)
  },
  keep: (form: KeepDraft) => call<DraftKept>('POST', 'assist/form/draft', form),
  save: (form: SaveForm) => call<FormView>('POST', 'assist/form/save', form),
  takeOver: (form: TakeOver) => call<FormView>('POST', 'assist/form/take_over', form),
}

const trees = new Map<string, Promise<Tree | null>>()

/** The choice tree in that version; null where it cannot be had now. */
export function loadTree(name: string, version: string): Promise<Tree | null> {
  const key = `${name}@${version}`
  const known = trees.get(key)
  if (known) return known
  const loading = call<Tree>('GET', `assist/tree?name=${encodeURIComponent(name)}&version=${version}`).then((answer) => {
    if (answer.ok) return answer.data
    trees.delete(key)
    return null
  })
  trees.set(key, loading)
  return loading
}
