// Keys. None is taken while an input method composes, and single characters only outside of fields.

export interface Shortcut {
  /** "F2", "Shift+F8", "1", "?", "Ctrl+Enter" */
  keys: string
  run(): void
  /** Whether it wants the key just now; else the next one that knows it is asked. */
  when?: () => boolean
}

export function isTyping(target: EventTarget | null = document.activeElement): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true
  return target instanceof HTMLInputElement && !['button', 'checkbox', 'radio', 'submit'].includes(target.type)
}

export function keysOf(event: KeyboardEvent): string {
  const character = event.key.length === 1
  const parts: string[] = []
  if (event.ctrlKey || event.metaKey) parts.push('Ctrl')
  if (event.altKey) parts.push('Alt')
  if (event.shiftKey && !character) parts.push('Shift') // "?" already says that Shift was held
  parts.push(event.key)
  return parts.join('+')
}

export class Shortcuts {
  private readonly known: Shortcut[] = []

  /** The latest to be added wins; call the result to take the keys back. */
  add(...shortcuts: Shortcut[]): () => void {
    this.known.unshift(...shortcuts)
    return () => {
      for (const shortcut of shortcuts) this.known.splice(this.known.indexOf(shortcut), 1)
    }
  }

  readonly onKeydown = (event: KeyboardEvent): void => {
    // keyCode 229 is how some browsers report a key that the input method has taken.
    if (event.isComposing || event.keyCode === 229 || event.defaultPrevented || event.repeat) return
    const keys = keysOf(event)
    if (keys.length === 1 && isTyping(event.target)) return
    // A dialog is in front: the page's keys would act behind it.
    if (document.querySelector('dialog:modal')) return
    const shortcut = this.known.find((one) => one.keys === keys && (one.when?.() ?? true))
    if (!shortcut) return
    event.preventDefault()
    shortcut.run()
  }
}

export const shortcuts = new Shortcuts()
