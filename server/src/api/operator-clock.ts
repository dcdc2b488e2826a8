import type { Hono } from 'hono'
import { z } from 'zod'
import type { Clock } from '../clock.ts'
import { Fault } from '../faults.ts'
import { moveClock } from '../store/settings.ts'
import type { Statement } from '../store/sqlite.ts'
import { fields, must, operatorPaths } from './operator-guard.ts'

/** A year: enough for every window, lot and renewal there is. */
const MOST_SECONDS = 366 * 86_400

/** Instants stay far below what a Date can hold. */
const FURTHEST_MS = 100 * 366 * 86_400_000

const amount = must(`a whole number from 1 to ${MOST_SECONDS}`)
const body = fields({ advanceSeconds: z.number(amount).int(amount).min(1, amount).max(MOST_SECONDS, amount) })

/** `POST /api/operator/clock`: moves plan time forward, for demos and tests; kept over restarts. */
export function operatorClock(
  app: Hono,
  clock: Clock,
  operatorToken: string,
  write: (statements: readonly Statement[]) => Promise<unknown>,
): void {
  let last: Promise<void> = Promise.resolve()
  const path = operatorPaths(app, operatorToken)
  path('/api/operator/clock', body, async (_, { advanceSeconds }) => {
    const advanceMs = advanceSeconds * 1000
    if (clock.offsetMs() + advanceMs > FURTHEST_MS) {
      throw new Fault('param_invalid', 'advanceSeconds: the clock runs a hundred years ahead at the most')
    }
    // One after the other: each stores a sum that the one before has already changed.
    const advanced = last.then(async () => {
      await write([moveClock(advanceMs)])
      clock.advance(advanceMs)
    })
    last = advanced.catch(() => undefined)
    await advanced
    return { now: new Date(clock.planNow()).toISOString(), offsetSeconds: clock.offsetMs() / 1000 }
  })
}
