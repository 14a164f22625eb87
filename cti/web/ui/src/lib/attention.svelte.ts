// Calls for attention beyond the page: the tab's title and icon, and a notification while the tab is hidden.

import { t } from './i18n.svelte'

const icon = document.querySelector<HTMLLinkElement>('link[rel=icon]')

class Attention {
  permission = $state<NotificationPermission | 'impossible'>('Notification' in window ? Notification.permission : 'impossible')
  private note: Notification | null = null

  async askPermission(): Promise<void> {
    this.permission = await Notification.requestPermission()
  }

  /** *who* rings; *detail* goes into the notification only. */
  ring(who: string, detail: string): void {
    this.dress(t('title.ringing', { who }), './icon-ringing.svg')
    if (!document.hidden || this.permission !== 'granted') return
    this.note = new Notification(t('title.ringing', { who }), { body: detail, tag: 'ringing', requireInteraction: true })
    this.note.onclick = () => window.focus()
  }

  calm(title: string): void {
    this.dress(title, './icon.svg')
    this.note?.close()
    this.note = null
  }

  private dress(title: string, href: string): void {
    document.title = title
    if (icon && icon.getAttribute('href') !== href) icon.setAttribute('href', href)
  }
}

export const attention = new Attention()
