// Light, dark, or as the system has it. tokens.css does the rest by color-scheme.

import { readStored, writeStored } from './stored'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

class ThemeChoice {
  current = $state<Theme>('system')

  constructor() {
    const stored = readStored(localStorage, 'theme')
    this.show(THEMES.find((theme) => theme === stored) ?? 'system')
  }

  choose(theme: Theme): void {
    this.show(theme)
    writeStored(localStorage, 'theme', theme)
  }

  private show(theme: Theme): void {
    this.current = theme
    document.documentElement.dataset.theme = theme
  }
}

export const theme = new ThemeChoice()
