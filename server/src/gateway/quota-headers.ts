import type { Admitted } from '../book/book.ts'
import { usefulUnits } from '../book/decide.ts'
import { type Call, idHeaders } from './call.ts'
import { secondsUntil } from './refusals.ts'

/** What every answer says of itself: its id, who paid, for how many units, and what is left (design §7). */
export function quotaHeaders(
  call: Call,
  { op, tightest }: Admitted & { kind: 'held' },
  units: number,
  now: number,
): string[] {
  const headers = idHeaders(call)
  // Where fewer pieces came than were held, the money that was held for the last of them paid nothing.
  const pool = op.units > 0 && units <= op.units ? 'plan' : op.pool
  headers.push('tokenplan-pool', pool, 'tokenplan-units', String(units))
  if (!tightest) return headers
  const { limitUnits, usedUnits, usefulAt } = tightest
  const back = Math.max(0, op.units - units)
  const left = Math.max(0, limitUnits - usedUnits + back)
  const isUseful = back > 0 && left >= usefulUnits(limitUnits)
  const seconds = isUseful ? 0 : secondsUntil(usefulAt, now)
  headers.push('tokenplan-remaining', String(left), 'tokenplan-reset', String(seconds))
  return headers
}
