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
