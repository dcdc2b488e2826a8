import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'
import { elapsedMs } from './clock.ts'

/** Waits; answers false as soon as the client has left. */
export async function pause(ms: number, gone: AbortSignal): Promise<boolean> {
  if (gone.aborted) return false
  try {
    await wait(ms, undefined, { signal: gone })
    return true
  } catch {
    return false
  }
}

export interface Tempo {
  readonly eventMs: number
  /** True for `[[slow]]`: a whole pause after every event, however late it is. */
  readonly strict: boolean
}

const MAX_LAG_MS = 50
const EVENTS_PER_TURN = 64

/**
 * Keeps a stream to its speed. Timers are coarse (1 ms and more), so the pace is kept against a schedule and not by a pause
 * per event; after a stall it does not race to catch up. Even at full speed other streams get their turn.
 */
export function createPacer({ eventMs, strict }: Tempo, gone: AbortSignal): () => Promise<boolean> {
  let due = elapsedMs()
  let events = 0
  return async () => {
    events += 1
    if (strict) return pause(eventMs, gone)
    if (eventMs > 0) {
      due += eventMs
      const now = elapsedMs()
      if (due > now) return pause(due - now, gone)
      due = Math.max(due, now - MAX_LAG_MS)
    }
    if (events % EVENTS_PER_TURN === 0) await turn()
    return !gone.aborted
  }
}
