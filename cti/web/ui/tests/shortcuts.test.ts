import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Shortcuts } from '../src/lib/shortcuts'

let shortcuts: Shortcuts

beforeEach(() => {
  shortcuts = new Shortcuts()
  document.body.innerHTML = '<input id="field"><button id="button"></button><textarea id="area"></textarea>'
})

function press(key: string, init: KeyboardEventInit & { keyCode?: number } = {}, target = 'button'): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { key, cancelable: true, ...init })
  Object.defineProperty(event, 'target', { value: document.getElementById(target) })
  if (init.keyCode) Object.defineProperty(event, 'keyCode', { value: init.keyCode })
  if (init.isComposing) Object.defineProperty(event, 'isComposing', { value: true })
  shortcuts.onKeydown(event)
  return event
}

describe('a key', () => {
  it('runs its shortcut and nothing else', () => {
    const run = vi.fn()
    shortcuts.add({ keys: 'F2', run })
    expect(press('F2').defaultPrevented).toBe(true)
    expect(press('F4').defaultPrevented).toBe(false)
    press('F2', { shiftKey: true })
    expect(run).toHaveBeenCalledTimes(1)
  })

  it('is left to an input method that composes', () => {
    const run = vi.fn()
    shortcuts.add({ keys: '1', run }, { keys: 'F2', run }, { keys: 'Ctrl+Enter', run })
    press('1', { isComposing: true })
    press('F2', { isComposing: true })
    press('Enter', { ctrlKey: true, keyCode: 229 })
    expect(run).not.toHaveBeenCalled()
  })

  it('that writes is left to fields, one that does not is taken there too', () => {
    const run = vi.fn()
    shortcuts.add({ keys: '1', run }, { keys: 'F2', run }, { keys: 'Ctrl+Enter', run })
    press('1', {}, 'field')
    press('1', {}, 'area')
    expect(run).not.toHaveBeenCalled()
    press('F2', {}, 'field')
    press('Enter', { ctrlKey: true }, 'area')
    press('1')
    expect(run).toHaveBeenCalledTimes(3)
  })

  it('that is held down runs once', () => {
    const run = vi.fn()
    shortcuts.add({ keys: 'F2', run })
    press('F2')
    press('F2', { repeat: true })
    expect(run).toHaveBeenCalledTimes(1)
  })

  it('goes to the latest to ask for it, and back when that is gone', () => {
    const [page, part] = [vi.fn(), vi.fn()]
    shortcuts.add({ keys: '1', run: page })
    const remove = shortcuts.add({ keys: '1', run: part })
    press('1')
    remove()
    press('1')
    expect([page, part].map((run) => run.mock.calls.length)).toEqual([1, 1])
  })

  it('is known by what it types, whatever the layout needs for it', () => {
    const run = vi.fn()
    shortcuts.add({ keys: '?', run })
    press('?', { shiftKey: true })
    expect(run).toHaveBeenCalledTimes(1)
  })
})
