/**
 * Days, weeks and slots in a time zone, by the wall clock there: a day of 23 or 25 hours is one day. A period begins at
 * the first instant at which the wall clock shows its beginning, or a later time where that is jumped over. So each
 * beginning comes once, and an hour that comes twice belongs, the second time, to what has begun already.
 */

const DAY_MS = 86_400_000
const formats = new Map<string, Intl.DateTimeFormat>()

/** Minutes matter to no zone in use but seconds do to old dates, so the offset is kept in ms. Bounds: ±14 h. */
function offsetMs(atMs: number, zone: string): number {
  if (zone === 'UTC') return 0
  let format = formats.get(zone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formats.set(zone, format)
  }
  const part = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]))
  const wall = Date.UTC(
    part.year ?? 0,
    (part.month ?? 1) - 1,
    part.day ?? 1,
    part.hour ?? 0,
    part.minute ?? 0,
    part.second ?? 0,
  )
  return wall - Math.floor(atMs / 1000) * 1000
}

/**
 * The first instant at which the wall clock of `zone` shows `wallMs` (ms as if it were UTC). Where clocks are put forward
 * over it, it never does: then the instant of the jump.
 */
function instantOf(wallMs: number, zone: string): number {
  const before = wallMs - offsetMs(wallMs - DAY_MS, zone)
  const after = wallMs - offsetMs(wallMs + DAY_MS, zone)
  const shown = [before, after].filter((instant) => instant + offsetMs(instant, zone) === wallMs)
  return shown.length > 0 ? Math.min(...shown) : jumpBetween(after, before, zone)
}

/** The instant after `from`, at most `to`, at which the offset changes. */
function jumpBetween(from: number, to: number, zone: string): number {
  const offset = offsetMs(from, zone)
  let [low, high] = [from, to]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offsetMs(middle, zone) === offset) low = middle
    else high = middle
  }
  return high
}

export type Period = { readonly startsAt: number; readonly endsAt: number }

/** What there is to know of a window whose units all come back at an instant of the calendar. */
export type Calendar = { readonly zone: string } & (
  | { readonly kind: 'daily' | 'weekly' }
  | { readonly kind: 'slot'; readonly windowMs: number }
)

/** The day, week or slot that holds `atMs`: startsAt inclusive, endsAt exclusive. */
export function periodAt(calendar: Calendar, atMs: number): Period {
  if (calendar.kind === 'slot') return slotOf(calendar.windowMs, atMs, calendar.zone)
  return periodOf(calendar.kind, atMs, calendar.zone)
}

/** The last one of each calendar: a plan's is one for all who have it, and so is what they count in. */
const lastPeriods = new WeakMap<Calendar, Period>()

/** As `periodAt`, the same object for all who ask within it. */
export function sharedPeriodAt(calendar: Calendar, atMs: number): Period {
  const last = lastPeriods.get(calendar)
  if (last && atMs >= last.startsAt && atMs < last.endsAt) return last
  const period = periodAt(calendar, atMs)
  lastPeriods.set(calendar, period)
  return period
}

/** The day or week (from Monday 00:00) of `zone` that holds `atMs`. */
export function periodOf(kind: 'daily' | 'weekly', atMs: number, zone: string): Period {
  const day = dayOf(atMs, zone)
  // 1970-01-01 was a Thursday: three days after a Monday.
  let first = kind === 'daily' ? day : day - ((((day + 3) % 7) + 7) % 7)
  const length = kind === 'daily' ? 1 : 7
  const endsAt = () => instantOf((first + length) * DAY_MS, zone)
  // Clocks put back over midnight show the old day again, but the new one has begun.
  while (atMs >= endsAt()) first += length
  return { startsAt: instantOf(first * DAY_MS, zone), endsAt: endsAt() }
}

/**
 * Slots of `windowMs` follow one another from midnight on, by the wall clock; the last one ends with its day, however
 * short it is: slots of 5 h begin at 0, 5, 10, 15 and 20 o'clock, and that of 20 o'clock has 4 h. The slot in which
 * clocks are changed is so much shorter or longer; one that is jumped over as a whole does not exist.
 */
function slotOf(windowMs: number, atMs: number, zone: string): Period {
  const day = periodOf('daily', atMs, zone)
  const midnight = dayOf(day.startsAt, zone) * DAY_MS
  const beginOf = (index: number) => {
    const wall = index * windowMs
    return wall < DAY_MS ? instantOf(midnight + wall, zone) : day.endsAt
  }
  let index = Math.max(0, Math.floor((atMs + offsetMs(atMs, zone) - midnight) / windowMs))
  while (atMs >= beginOf(index + 1)) index++
  return { startsAt: beginOf(index), endsAt: beginOf(index + 1) }
}

function dayOf(atMs: number, zone: string): number {
  return Math.floor((atMs + offsetMs(atMs, zone)) / DAY_MS)
}
