import type { Hono } from 'hono'
import { z } from 'zod'
import type { Clock } from '../clock.ts'
import { Fault, faults, publicSentence } from '../faults.ts'
import { isOperator } from '../keys/operator-token.ts'
import { moveClock } from '../store/settings.ts'
import type { Statement } from '../store/sqlite.ts'

/** A year: enough for every window, lot and renewal there is. */
const MOST_SECONDS = 366 * 86_400

/** Instants stay far below what a Date can hold. */
const FURTHEST_MS = 100 * 366 * 86_400_000

const body = z.strictObject({ advanceSeconds: z.number().int().min(1).max(MOST_SECONDS) })

/** `POST /api/operator/clock`: moves plan time forward, for demos and tests; kept over restarts. */
export function operatorClock(
  app: Hono,
  clock: Clock,
  operatorToken: string,
  write: (statements: readonly Statement[]) => Promise<unknown>,
): void {
  let last: Promise<void> = Promise.resolve()
  app.post('/api/operator/clock', async (c) => {
    if (!isOperator(c.req.header('authorization'), operatorToken)) {
      return c.json(errorBody(new Fault('operator_only')), 401)
    }
    const parsed = body.safeParse(await c.req.json().catch(() => undefined))
    if (!parsed.success) {
      const detail = `advanceSeconds: must be a whole number from 1 to ${MOST_SECONDS}, and nothing beside it`
      return c.json(errorBody(new Fault('param_invalid', detail)), 400)
    }
    const advanceMs = parsed.data.advanceSeconds * 1000
    if (clock.offsetMs() + advanceMs > FURTHEST_MS) {
      return c.json(
        errorBody(
          new Fault('param_invalid', 'advanceSeconds: the clock runs a hundred years ahead at the most'),
        ),
        400,
      )
    }
    // One after the other: each stores a sum that the one before has already changed.
    const advanced = last.then(async () => {
      await write([moveClock(advanceMs)])
      clock.advance(advanceMs)
    })
    last = advanced.catch(() => undefined)
    await advanced
    return c.json({ now: new Date(clock.planNow()).toISOString(), offsetSeconds: clock.offsetMs() / 1000 })
  })
}

export function errorBody(fault: Fault) {
  return { error: { code: fault.kind, message: publicSentence(fault), status: faults[fault.kind].status } }
}
