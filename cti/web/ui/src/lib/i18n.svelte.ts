// The language of the screen. `t` reads a `$state`, so a switch redraws every text in place. A browser loads the texts of
// the language that it shows.

import type en from './en'
import type admin from './en.admin'
import { readStored, writeStored } from './stored'

export type Language = 'en' | 'zh'
export type TextKey = keyof typeof en | keyof typeof admin
export type Values = Record<string, string | number>
type Texts = Record<TextKey, string>

type Load<T> = Record<Language, () => Promise<{ default: T }>>

const LOAD: Load<Record<keyof typeof en, string>> = { en: () => import('./en'), zh: () => import('./zh') }
const LOAD_ADMIN: Load<Record<keyof typeof admin, string>> = { en: () => import('./en.admin'), zh: () => import('./zh.admin') }

class I18n {
  language = $state<Language>('en')
  texts = $state.raw<Texts>({} as Texts)
  /** The first texts are there. */
  readonly ready: Promise<void>
  private wanted: Language
  private administers = false

  constructor() {
    const stored = readStored(localStorage, 'language')
    this.wanted = stored === 'en' || stored === 'zh' ? stored : navigator.language.startsWith('zh') ? 'zh' : 'en'
    this.ready = this.show(this.wanted)
  }

  /** The tag for Intl. */
  get locale(): string {
    return this.language === 'zh' ? 'zh-CN' : 'en-GB'
  }

  /** Load what administrators' screens say too. */
  async forAdministrators(): Promise<void> {
    if (this.administers) return
    this.administers = true
    await this.show(this.wanted)
  }

  choose(language: Language): Promise<void> {
    writeStored(localStorage, 'language', language)
    return this.show(language)
  }

  private async show(language: Language): Promise<void> {
    this.wanted = language
    const [texts, more] = await Promise.all([LOAD[language](), this.administers ? LOAD_ADMIN[language]() : null])
    if (this.wanted !== language) return
    this.texts = { ...this.texts, ...texts.default, ...more?.default }
    this.language = language
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
  }
}

export const i18n = new I18n()

export function t(key: TextKey, values: Values = {}): string {
  return i18n.texts[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
}

/** The text for a code that came from outside, or *otherwise* where we have none. */
export function tCode(group: string, code: string, otherwise: string): string {
  const key = `${group}.${code}`
  return Object.hasOwn(i18n.texts, key) ? t(key as TextKey) : otherwise
}
