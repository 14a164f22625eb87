// Dates, durations and numbers for people, in the screen's language.

import { i18n } from './i18n.svelte'

const cache = new Map<string, Intl.DateTimeFormat>()

function dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = i18n.locale + JSON.stringify(options)
  let format = cache.get(key)
  if (!format) cache.set(key, (format = new Intl.DateTimeFormat(i18n.locale, options)))
  return format
}

export function clockTime(at: number): string {
  return dateFormat({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at)
}

/** "Today 10:02", "2 Nov 10:02", "11/02 10:02", or with the year when it is another one. */
export function moment(at: number, now: number, today: string): string {
  const day = new Date(at)
  const current = new Date(now)
  if (day.toDateString() === current.toDateString()) return `${today} ${clockTime(at)}`
  const year = day.getFullYear() === current.getFullYear() ? undefined : 'numeric'
  // English readers do not agree on whether day or month comes first in figures.
  const options = i18n.language === 'zh' ? ({ month: '2-digit', day: '2-digit' } as const) : ({ month: 'short', day: 'numeric' } as const)
  const date = dateFormat({ year, ...options }).format(at)
  return `${date} ${clockTime(at)}`
}

/** "3:27" or "1:04:09"; never negative, whatever the clocks say. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  const two = (n: number) => String(n).padStart(2, '0')
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${two(minutes)}:${two(seconds % 60)}`
}

export function count(n: number): string {
  return new Intl.NumberFormat(i18n.locale).format(n)
}

/** Two figures that count: 0.42, 3.1, 27, 1,250. */
export function milliseconds(ms: number): string {
  const digits = ms < 1 ? 2 : ms < 10 ? 1 : 0
  return new Intl.NumberFormat(i18n.locale, { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(ms)
}

/** A Chinese number as it is read out; others as they are. */
export function phoneNumber(e164: string): string {
  const mobile = /^\+86(1\d{2})(\d{4})(\d{4})$/.exec(e164)
  if (mobile) return mobile.slice(1).join(' ')
  const landline = /^\+86(10|2\d|[3-9]\d{2})(\d{3,4})(\d{4})$/.exec(e164)
  return landline ? `0${landline.slice(1).join(' ')}` : e164
}
