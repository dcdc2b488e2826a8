import type { Hono } from 'hono'
import { z } from 'zod'
import type { Clock } from '../clock.ts'
import { Fault } from '../faults.ts'
import { moveClock } from '../store/settings.ts'
import type { Row, Statement } from '../store/sqlite.ts'
import { fields, must, operatorPaths } from './operator-guard.ts'

/** A year: enough for every window, lot and renewal there is. */
const MOST_SECONDS = 366 * 86_400

/** Instants stay far below what a Date can hold. */
const FURTHEST_MS = 100 * 366 * 86_400_000

const amount = must(`a whole number from 1 to ${MOST_SECONDS}`)
const body = fields({ advanceSeconds: z.number(amount).int(amount).min(1, amount).max(MOST_SECONDS, amount) })

type Write = (statements: readonly Statement[]) => Promise<readonly (readonly unknown[])[]>

/** `POST /api/operator/clock`: moves plan time forward, for demos and tests; kept over restarts. */
export function operatorClock(app: Hono, clock: Clock, operatorToken: string, write: Write): void {
  let last: Promise<unknown> = Promise.resolve()
  const path = operatorPaths(app, operatorToken)
  path('/api/operator/clock', body, async (_, { advanceSeconds }) => {
    const advanceMs = advanceSeconds * 1000
    if (clock.offsetMs() + advanceMs > FURTHEST_MS) {
      throw new Fault('param_invalid', 'advanceSeconds: the clock runs a hundred years ahead at the most')
    }
    // One after the other: each stores a sum that the one before has already changed.
    const advanced = last.then(async () => {
      const [moved] = await write([moveClock(advanceMs)])
      const offsetMs = Number((moved?.[0] as Row | undefined)?.value)
      // Other servers move it too, and it may have been heard of already.
      clock.advance(Math.max(0, offsetMs - clock.offsetMs()))
      return offsetMs
    })
    last = advanced.catch(() => undefined)
    const offsetMs = await advanced
    return { now: new Date(clock.planNow()).toISOString(), offsetSeconds: offsetMs / 1000 }
  })
}
