import fc from 'fast-check'
import type { Period } from '../../src/book/windows/periods.ts'
import type { WindowRule } from '../../src/catalogue/catalogue.ts'

/**
 * What periods are, in the plainest words: the wall clock of a zone is read every few minutes and the latest time it has
 * shown is kept; a period goes on for as long as that time lies in the same day, week or slot.
 */
export type CalendarRule = Extract<WindowRule, { readonly zone: string }>

/** As in scenes.ts: one seed for every run. */
fc.configureGlobal({ seed: 20_260_501 })

export const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
const DAYS_AROUND = 19

/** Changes of clocks: forward and back, over midnight, by half an hour, by two, by a whole day, and a minute past midnight. */
export const changes: readonly { readonly zone: string; readonly on: string; readonly everyMs: number }[] = [
  ...['2026-03-29', '2026-10-25'].map((on) => ({ zone: 'Europe/Berlin', on })),
  ...['2026-11-01', '2027-03-14'].map((on) => ({ zone: 'America/New_York', on })),
  ...['2026-04-05', '2026-10-04'].map((on) => ({ zone: 'Australia/Lord_Howe', on })),
  ...['2026-02-15', '2026-03-22'].map((on) => ({ zone: 'Africa/Casablanca', on })),
  ...['2026-04-05', '2026-09-06'].map((on) => ({ zone: 'America/Santiago', on })),
  ...['2026-03-08', '2026-11-01'].map((on) => ({ zone: 'America/Havana', on })),
  ...['2026-03-29', '2026-10-25'].map((on) => ({ zone: 'Antarctica/Troll', on })),
  { zone: 'Pacific/Apia', on: '2011-12-30' },
  { zone: 'Asia/Shanghai', on: '2026-05-01' },
  { zone: 'UTC', on: '2026-05-01' },
].map((change) => ({ ...change, everyMs: 15 * MINUTE_MS }))

/** The clocks of Newfoundland were put back at 00:01, so that the day before was shown again. */
export const overMidnight = { zone: 'America/St_Johns', on: '2010-11-07', everyMs: MINUTE_MS }

export type Change = (typeof changes)[number]
type Tick = { readonly at: number; readonly wallMs: number }
const read = new Map<string, readonly Tick[]>()

function ticksAround({ zone, on, everyMs }: Change): readonly Tick[] {
  const known = read.get(zone + on)
  if (known) return known
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' })
  const middle = Date.parse(`${on}T00:00:00Z`)
  const ticks: Tick[] = []
  let latest = Number.NEGATIVE_INFINITY
  for (let at = middle - DAYS_AROUND * DAY_MS; at < middle + DAYS_AROUND * DAY_MS; at += everyMs) {
    latest = Math.max(latest, Date.parse(`${format.format(at).replace(' ', 'T')}Z`))
    ticks.push({ at, wallMs: latest })
  }
  read.set(zone + on, ticks)
  return ticks
}

function nameOf(rule: CalendarRule, wallMs: number): string {
  const day = Math.floor(wallMs / DAY_MS)
  if (rule.kind === 'slot') return `${day} ${Math.floor((wallMs - day * DAY_MS) / rule.windowMs)}`
  // The first day of 1970 was a Thursday.
  return String(rule.kind === 'daily' ? day : Math.floor((day + 3) / 7))
}

export function shownPeriod(rule: CalendarRule, change: Change, at: number): Period {
  const ticks = ticksAround(change)
  const names = (index: number) => nameOf(rule, ticks[index]?.wallMs ?? Number.NaN)
  const now = Math.floor((at - (ticks[0]?.at ?? 0)) / change.everyMs)
  let [first, next] = [now, now]
  while (names(first - 1) === names(now)) first--
  while (names(next) === names(now)) next++
  return { startsAt: ticks[first]?.at ?? Number.NaN, endsAt: ticks[next]?.at ?? Number.NaN }
}
