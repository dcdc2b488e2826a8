/**
 * Judges what several servers answered, without knowing what they did inside: a call is decided at some instant between
 * `calledAt` and `answeredAt`, on any server. All instants are of one clock. It reports only what no order of those
 * instants explains, so every report is a fault; with calls one after the other it is exact.
 */
export type Call = {
  readonly node: string
  readonly calledAt: number
  /** Infinity where no answer came. */
  readonly answeredAt: number
  /** `unknown`: it failed or was cut, and may have been taken or not. */
  readonly kind: 'admitted' | 'refused' | 'unknown'
  readonly units: number
  /** When its end was handed in, and what that gave back. */
  readonly endedAt?: number
  readonly givenBack?: number
  /** From when on what was given back is certainly there, as when the end was answered; never, where nobody knows. */
  readonly backBy?: number
}

export type Quota = {
  readonly limit: number
  /** The earliest instant whose units still count at `at`. */
  readonly countsFrom: (at: number) => number
}

/** A unit taken at t counts until just before t + windowMs. */
export function slidingQuota(limit: number, windowMs: number): Quota {
  return { limit, countsFrom: (at) => at - windowMs + 1 }
}

export type Violation = {
  readonly what: 'overshoot' | 'refused with room'
  readonly at: number
  readonly call: Call
  /** The least that was certainly used, or the most that can have been. */
  readonly used: number
}

/** In every window the sum is within the limit, and every refusal has an instant at which there was no room. */
export function checkHistory(calls: readonly Call[], quota: Quota): Violation[] {
  return [...overshoots(calls, quota), ...refusalsWithRoom(calls, quota)]
}

/** What is certain rises only when a call has been answered. */
function overshoots(calls: readonly Call[], { limit, countsFrom }: Quota): Violation[] {
  const admitted = calls.filter(({ kind }) => kind === 'admitted')
  return admitted.flatMap((call): Violation[] => {
    const at = call.answeredAt
    const from = countsFrom(at)
    let used = 0
    for (const each of admitted) {
      if (each.answeredAt > at || each.calledAt < from) continue
      const isBack = each.endedAt !== undefined && each.endedAt <= at
      used += each.units - (isBack ? (each.givenBack ?? 0) : 0)
    }
    return used > limit ? [{ what: 'overshoot', at, call, used }] : []
  })
}

/** What is possible is most when a call has just come in, so those instants are enough. */
function refusalsWithRoom(calls: readonly Call[], quota: Quota): Violation[] {
  const taken = calls.filter(({ kind }) => kind !== 'refused')
  const refused = calls.filter(({ kind }) => kind === 'refused')
  return refused.flatMap((call): Violation[] => {
    const { calledAt, answeredAt, units } = call
    const arrivals = taken.map((each) => each.calledAt)
    const instants = [calledAt, ...arrivals.filter((at) => at > calledAt && at <= answeredAt)]
    let used = 0
    for (const at of instants) {
      used = Math.max(used, mostUsed(taken, quota, at))
      if (used + units > quota.limit) return []
    }
    return [{ what: 'refused with room', at: calledAt, call, used }]
  })
}

function mostUsed(taken: readonly Call[], { countsFrom }: Quota, at: number): number {
  const from = countsFrom(at)
  let used = 0
  for (const { calledAt, answeredAt, units, givenBack = 0, backBy = Number.POSITIVE_INFINITY } of taken) {
    if (calledAt <= at && answeredAt >= from) used += units - (backBy < at ? givenBack : 0)
  }
  return used
}
