/**
 * Two times, never mixed (design §2). `planNow` is what windows, lots and subscriptions run on: an operator of a demo
 * or a test may move it forward. `realNow` is for time-outs, leases and logs.
 */
export type Clock = {
  /** Milliseconds since the epoch, plan time. */
  planNow(): number
  /** Milliseconds since the epoch, the machine's time. */
  realNow(): number
  /** How far plan time runs ahead of the machine, in ms, never negative. */
  offsetMs(): number
  advance(ms: number): void
}

export function systemClock(offsetMs = 0): Clock {
  return clockOver(() => Date.now(), offsetMs)
}

/** Follows the clock of a database that several servers share: theirs is one plan time. */
export type FollowingClock = Clock & {
  /** `planNow` is the database's; `offsetMs` how far an operator has moved it, where that was told. */
  follow(planNow: number, offsetMs?: number): void
}

export function followingClock(source: () => number = () => Date.now()): FollowingClock {
  let ahead = 0
  let offset = 0
  return {
    planNow: () => source() + ahead,
    realNow: source,
    offsetMs: () => offset,
    advance(ms) {
      ahead += ms
      offset += ms
    },
    follow(planNow, offsetMs = offset) {
      ahead = planNow - source()
      offset = offsetMs
    },
  }
}

/** A clock over any source of milliseconds; tests pass a variable. */
export function clockOver(source: () => number, startOffsetMs = 0): Clock {
  let offset = startOffsetMs
  return {
    planNow: () => source() + offset,
    realNow: source,
    offsetMs: () => offset,
    advance: (ms) => {
      offset += ms
    },
  }
}

/** Seconds of UTC, the form MiniMax's messages use: `2026-05-20T20:00:00Z`. */
export function isoSeconds(atMs: number): string {
  return `${new Date(Math.ceil(atMs / 1000) * 1000).toISOString().slice(0, 19)}Z`
}
