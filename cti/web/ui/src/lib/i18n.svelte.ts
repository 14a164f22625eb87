// The language of the screen. `t` reads a `$state`, so a switch redraws every text in place. A browser loads the texts of
// the language that it shows.

import type en from './en'
import { readStored, writeStored } from './stored'

export type Language = 'en' | 'zh'

const LOAD = { en: () => import('./en'), zh: () => import('./zh') }

/** Texts that not every screen says: they are loaded with what needs them. */
export const GROUPS = {
  admin: { en: () => import('./en.admin'), zh: () => import('./zh.admin') },
  audit: { en: () => import('./en.audit'), zh: () => import('./zh.audit') },
  day: { en: () => import('./en.day'), zh: () => import('./zh.day') },
  dial: { en: () => import('./en.dial'), zh: () => import('./zh.dial') },
  team: { en: () => import('./en.team'), zh: () => import('./zh.team') },
  after: { en: () => import('./en.after'), zh: () => import('./zh.after') },
  forms: { en: () => import('./en.forms'), zh: () => import('./zh.forms') },
  notes: { en: () => import('./en.notes'), zh: () => import('./zh.notes') },
  elsewhere: { en: () => import('./en.elsewhere'), zh: () => import('./zh.elsewhere') },
}

export type Group = keyof typeof GROUPS
type KeysOf<G extends Group> = keyof Awaited<ReturnType<(typeof GROUPS)[G]['en']>>['default']
export type TextKey = keyof typeof en | { [G in Group]: KeysOf<G> }[Group]
export type Values = Record<string, string | number>
type Texts = Record<TextKey, string>

class I18n {
  language = $state<Language>('en')
  texts = $state.raw<Texts>({} as Texts)
  /** The first texts are there. */
  readonly ready: Promise<void>
  private wanted: Language
  private readonly groups = new Set<Group>()
  private loading: Promise<void>

  constructor() {
    const stored = readStored(localStorage, 'language')
    this.wanted = stored === 'en' || stored === 'zh' ? stored : navigator.language.startsWith('zh') ? 'zh' : 'en'
    this.ready = this.loading = this.show(this.wanted)
  }

  /** The tag for Intl. */
  get locale(): string {
    return this.language === 'zh' ? 'zh-CN' : 'en-GB'
  }

  /** Return *part* as soon as the texts of *group* are there too. */
  async with<T>(group: Group, part: Promise<T>): Promise<T> {
    if (!this.groups.has(group)) {
      this.groups.add(group)
      this.loading = this.show(this.wanted)
    }
    // Together: a part that cannot be loaded is told to whoever waits, and not to nobody.
    const [loaded] = await Promise.all([part, this.loading])
    return loaded
  }

  choose(language: Language): Promise<void> {
    writeStored(localStorage, 'language', language)
    return (this.loading = this.show(language))
  }

  private async show(language: Language): Promise<void> {
    this.wanted = language
    const groups = [...this.groups].map((group) => GROUPS[group][language]())
    const loaded = await Promise.all([LOAD[language](), ...groups])
    if (this.wanted !== language) return
    this.texts = Object.assign({}, this.texts, ...loaded.map((texts) => texts.default)) as Texts
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
