// The language of the screen. `t` reads a `$state`, so a switch redraws every text in place.

import en from './en'
import { readStored, writeStored } from './stored'
import zh from './zh'

export type Language = 'en' | 'zh'
export type TextKey = keyof typeof en
export type Values = Record<string, string | number>

const texts: Record<Language, Record<TextKey, string>> = { en, zh }

class I18n {
  language = $state<Language>('en')

  constructor() {
    const stored = readStored(localStorage, 'language')
    const wanted = stored === 'en' || stored === 'zh' ? stored : navigator.language.startsWith('zh') ? 'zh' : 'en'
    this.show(wanted)
  }

  /** The tag for Intl. */
  get locale(): string {
    return this.language === 'zh' ? 'zh-CN' : 'en-GB'
  }

  choose(language: Language): void {
    this.show(language)
    writeStored(localStorage, 'language', language)
  }

  private show(language: Language): void {
    this.language = language
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
  }
}

export const i18n = new I18n()

export function t(key: TextKey, values: Values = {}): string {
  return texts[i18n.language][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
}

/** The text for a code that came from outside, or *otherwise* where we have none. */
export function tCode(group: string, code: string, otherwise: string): string {
  const key = `${group}.${code}`
  return Object.hasOwn(en, key) ? t(key as TextKey) : otherwise
}
