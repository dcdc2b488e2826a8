import { assert } from '../assert.ts'
import type { PlanReport, SpanReport } from './book.ts'
import { activeAt, reportOf } from './decide.ts'
import { limitAt, type Meter, type SubscriptionState } from './state.ts'

/** Points of a release curve: enough to draw it, few enough to send every five seconds. */
const RETURN_POINTS = 12

/** What a holder sees of a plan; null without a running one. */
export function planReport(state: SubscriptionState | null, now: number): PlanReport | null {
  const subscription = activeAt(state, now)
  if (!subscription) return null
  // A promotion that ended over nothing is no part of the plan any more.
  const granted = [...subscription.meters.values()].filter((meter) => limitAt(meter, 0, now) > 0)
  const meters = granted.map((meter) => ({
    resource: meter.entitlement.resource,
    windows: meter.windows.map((_, index) => spanReport(meter, index, now)),
  }))
  return { name: subscription.planName, endsAt: subscription.endsAt, meters }
}

function spanReport(meter: Meter, index: number, now: number): SpanReport {
  const window = meter.windows[index]
  assert(window, 'an entitlement and its windows go together')
  const { startsAt, endsAt } = window.spanAt(now)
  const report = reportOf(meter, index, 1, now)
  return { ...report, startsAt, endsAt, returns: () => window.returnsAt(now, RETURN_POINTS) }
}
