/** Days and weeks in a time zone, by the wall clock there: a day of 23 or 25 hours is one day. */

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
 * over midnight it never does, and the day begins with the jump.
 */
function instantOf(wallMs: number, zone: string): number {
  const before = wallMs - offsetMs(wallMs - DAY_MS, zone)
  const after = wallMs - offsetMs(wallMs + DAY_MS, zone)
  const shown = [before, after].filter((instant) => instant + offsetMs(instant, zone) === wallMs)
  return shown.length > 0 ? Math.min(...shown) : before
}

export type Period = { readonly startsAt: number; readonly endsAt: number }

/** The day or week (from Monday 00:00) of `zone` that holds `atMs`: startsAt inclusive, endsAt exclusive. */
export function periodOf(kind: 'daily' | 'weekly', atMs: number, zone: string): Period {
  const wall = atMs + offsetMs(atMs, zone)
  const day = Math.floor(wall / DAY_MS)
  // 1970-01-01 was a Thursday: three days after a Monday.
  const first = kind === 'daily' ? day : day - ((((day + 3) % 7) + 7) % 7)
  const length = kind === 'daily' ? 1 : 7
  return { startsAt: instantOf(first * DAY_MS, zone), endsAt: instantOf((first + length) * DAY_MS, zone) }
}
