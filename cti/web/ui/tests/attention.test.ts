import { beforeEach, describe, expect, it, vi } from 'vitest'

const made: FakeNotification[] = []

class FakeNotification {
  static permission = 'granted'
  static requestPermission = async () => 'granted'
  onclick = () => {}
  close = vi.fn()
  constructor(
    readonly title: string,
    readonly options: NotificationOptions,
  ) {
    made.push(this)
  }
}

vi.stubGlobal('Notification', FakeNotification)
document.head.innerHTML = '<link rel="icon" href="./icon.svg">'
const { attention } = await import('../src/lib/attention.svelte')

const icon = () => document.querySelector('link')!.getAttribute('href')
const hide = (hidden: boolean) => vi.spyOn(document, 'hidden', 'get').mockReturnValue(hidden)

beforeEach(() => {
  made.length = 0
  attention.calm('Desk')
})

describe('a call that rings', () => {
  it('changes the title and the icon of the tab, and gives them back', () => {
    attention.ring('王芳', 'support')
    expect([document.title, icon()]).toEqual(['Ringing: 王芳', './icon-ringing.svg'])
    attention.calm('Desk')
    expect([document.title, icon()]).toEqual(['Desk', './icon.svg'])
  })

  it('is a notification only while the tab is hidden', () => {
    hide(false)
    attention.ring('王芳', 'support')
    expect(made).toEqual([])
    hide(true)
    attention.ring('王芳', 'support')
    expect(made[0]).toMatchObject({ title: 'Ringing: 王芳', options: { body: 'support', tag: 'ringing' } })
    attention.calm('Desk')
    expect(made[0]!.close).toHaveBeenCalled()
  })
})
