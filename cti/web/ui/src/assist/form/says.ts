// What is wrong with a field, and values as people read them.

import { i18n, t, tCode } from '../../lib/i18n.svelte'
import type { Problem } from './filling.svelte'
import type { Property } from './schema'

export function problemText(problem: Problem, property: Property): string {
  const words = problem.code === 'pattern' ? (property['x-pattern-says'] ?? problem.said) : problem.said
  if (words) return i18n.language === 'zh' ? words.zh : words.en
  const text = Object.entries(problem.values ?? {}).reduce(
    (said, [name, value]) => said.replaceAll(`{${name}}`, value),
    tCode('field', problem.code, t('field.pattern')),
  )
  return problem.at === null || problem.at === undefined ? text : text + t('field.at', { at: problem.at + 1 })
}

export function valueText(value: unknown, property: Property | undefined): string {
  if (value === null || value === undefined || value === '') return t('forms.empty')
  if (typeof value === 'boolean') return t(value ? 'forms.yes' : 'forms.no')
  const name = (one: unknown) => {
    const words = property?.['x-choices']?.[String(one)]
    return words ? (i18n.language === 'zh' ? words.zh : words.en) : String(one)
  }
  return Array.isArray(value) ? value.map(name).join(' ') : name(value)
}
