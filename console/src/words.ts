import type { WindowQuota } from '../../server/src/api/own-quota.ts'
import type { Unit } from '../../server/src/catalogue/catalogue.ts'
import { formatCredits, formatUsd } from '../../server/src/money.ts'

/** How numbers, money and instants are said. All of it in the browser's time zone. */

const SECOND_MS = 1_000
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

export function count(number: number): string {
  return grouped(String(number))
}

export function units(number: number, unit: Unit): string {
  return `${count(number)} ${unit}${number === 1 ? '' : 's'}`
}

/** What a window lets through: its limit, and what came back of an earlier one. */
export function allowed({ limit, granted }: Pick<WindowQuota, 'limit' | 'granted'>): number {
  return limit + granted
}

export function grantedWords({ granted }: Pick<WindowQuota, 'granted'>): string {
  return granted === 0 ? '' : `, ${count(granted)} of them given back`
}

export function credits(nanos: number): string {
  const shown = creditCount(nanos)
  return `${shown} credit${shown === '1' ? '' : 's'}`
}

export function creditCount(nanos: number): string {
  return grouped(formatCredits(nanos))
}

export function usd(nanos: number): string {
  return grouped(formatUsd(nanos))
}

/** Thousands apart, decimals left alone. */
function grouped(decimal: string): string {
  const [whole = '', ...rest] = decimal.split('.')
  return [whole.replace(/\B(?=(\d{3})+$)/g, ','), ...rest].join('.')
}

/** Never "0 %" when something was used, never "100 %" while something is left. */
export function percentUsed(used: number, limit: number): string {
  if (used === 0) return '0 %'
  if (used >= limit) return '100 %'
  const tenths = Math.min(999, Math.max(1, Math.round((used * 1000) / limit)))
  return `${tenths / 10} %`
}

/** Rounded up, so that who waits so long finds it true. */
export function wait(ms: number): string {
  if (ms < 2 * MINUTE_MS) return `${Math.max(0, Math.ceil(ms / SECOND_MS))} s`
  if (ms > 2 * DAY_MS) return `${Math.ceil(ms / DAY_MS)} days`
  const minutes = Math.ceil(ms / MINUTE_MS)
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
  return [hours > 0 ? `${hours} h` : '', rest > 0 ? `${rest} min` : ''].filter(Boolean).join(' ')
}

/** The minute in which it is true from the first second on; with the day where that is not today. */
export function moment(at: number, now: number): string {
  const shown = upToMinute(at)
  const days = Math.round((midnight(shown) - midnight(now)) / DAY_MS)
  if (days === 0) return nextMinute(at)
  if (days === 1) return `${nextMinute(at)} tomorrow`
  return `${nextMinute(at)} on ${date(shown, now)}`
}

export function nextMinute(at: number): string {
  return hourMinute.format(upToMinute(at))
}

const hourMinute = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })

function upToMinute(at: number): number {
  return Math.ceil(at / MINUTE_MS) * MINUTE_MS
}

export function hourMinuteSecond(at: number): string {
  return new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' }).format(at)
}

/** The year only where it is another one. */
export function date(at: number, now: number): string {
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear()
  return (sameYear ? thisYear : anyYear).format(at)
}

const thisYear = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short' })
const anyYear = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })

function midnight(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0)
}

export function zone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone.replace(/_/g, ' ')
}
