// Times for callbacks: what a date field takes and gives, and the usual proposals.

const two = (n: number) => String(n).padStart(2, '0')

/** For `input type=datetime-local`, in the time zone of the screen. */
export function fieldOf(at: number): string {
  const day = new Date(at)
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}T${two(day.getHours())}:${two(day.getMinutes())}`
}

/** Milliseconds, or null when the field is empty or has no real time. */
export function timeOf(field: string): number | null {
  const at = field === '' ? NaN : new Date(field).getTime()
  return Number.isNaN(at) ? null : at
}

/** The next quarter of an hour at least *minutes* away. */
export function quarterIn(minutes: number, now: number): number {
  const quarter = 15 * 60_000
  return Math.ceil((now + minutes * 60_000) / quarter) * quarter
}

/** Tomorrow at *hour*. */
export function tomorrowAt(hour: number, now: number): number {
  const day = new Date(now)
  day.setDate(day.getDate() + 1)
  day.setHours(hour, 0, 0, 0)
  return day.getTime()
}
