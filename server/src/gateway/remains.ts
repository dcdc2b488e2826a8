import { toldUnits, type WindowReport } from '../book/refusal.ts'
import { periodOf } from '../book/windows/periods.ts'
import { answerJson } from './answer-json.ts'
import type { Call } from './call.ts'
import { callerOf, type World } from './serve.ts'

/** `usage_count` is what is USED on one path and what is LEFT on the others (wire §8); percentages and states say it plainly. */
export type Counting = 'used' | 'left'

const LIMITED = 1
const NOT_LIMITED = 3
const WEEK_MS = 7 * 86_400_000

/** What is left of the key's own plan. Readable with the key alone, and free. */
export async function serveRemains(call: Call, world: World, counting: Counting): Promise<void> {
  const caller = await callerOf(call, world.keyring)
  const meters =
    caller.subscription === null ? null : await world.book.meters(caller.subscription, caller.team)
  const shown = labelsLeft(call.req.headers['user-agent']) ? 'left' : counting
  const resources = caller.kind === 'api' ? [] : [...world.catalogue.resources.values()]
  const now = world.book.now()
  answerJson(call, {
    model_remains: resources.map((resource) => {
      const windows = meters?.find((meter) => meter.resource === resource.id)?.windows ?? []
      return { model_name: resource.shownAs, ...remain(windows, shown, world.catalogue.zone, now) }
    }),
    base_resp: { status_code: 0, status_msg: 'success' },
  })
}

/** mmx 1.0.16 to 1.0.23 print `usage_count` of the newer path under the heading "Left" (wire §8). */
function labelsLeft(userAgent: string | undefined): boolean {
  const patch = /^mmx-cli\/1\.0\.(\d+)/.exec(userAgent ?? '')?.[1]
  return patch !== undefined && Number(patch) >= 16 && Number(patch) <= 23
}

type Span = WindowReport & { readonly startsAt: number; readonly endsAt: number }

function remain(windows: readonly Span[], counting: Counting, zone: string, now: number) {
  const weekly = windows.find(isOfWeek)
  const interval = windows.find((window) => !isOfWeek(window))
  const day = periodOf('daily', now, zone)
  const week = periodOf('weekly', now, zone)
  const intervalSpan = interval ?? day
  const weeklySpan = weekly ?? week
  return {
    start_time: intervalSpan.startsAt,
    end_time: intervalSpan.endsAt,
    remains_time: Math.max(0, intervalSpan.endsAt - now),
    current_interval_total_count: interval?.limitUnits ?? 0,
    current_interval_usage_count: countOf(interval, counting),
    current_interval_remaining_percent: percentLeft(interval, 0),
    current_interval_status: interval ? LIMITED : NOT_LIMITED,
    current_weekly_total_count: weekly?.limitUnits ?? 0,
    current_weekly_usage_count: countOf(weekly, counting),
    current_weekly_remaining_percent: percentLeft(weekly, interval ? 100 : 0),
    current_weekly_status: weekly ? LIMITED : NOT_LIMITED,
    weekly_start_time: weeklySpan.startsAt,
    weekly_end_time: weeklySpan.endsAt,
    weekly_remains_time: Math.max(0, weeklySpan.endsAt - now),
  }
}

/** Clients look for one short window and one of a week, also where that one begins with a use. */
function isOfWeek({ rule }: Span): boolean {
  return rule.kind === 'weekly' || ('windowMs' in rule && rule.windowMs === WEEK_MS)
}

function countOf(span: Span | undefined, counting: Counting): number {
  if (!span) return 0
  return toldUnits(span)[counting]
}

/** Whole, rounded down, but never 0 while something is left: clients read an integer up to 100 and take 0 for "none". */
function percentLeft(span: Span | undefined, without: number): number {
  if (!span || span.limitUnits === 0) return without
  const { left } = toldUnits(span)
  return left === 0 ? 0 : Math.min(100, Math.max(1, Math.floor((left * 100) / span.limitUnits)))
}
