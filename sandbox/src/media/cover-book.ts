import { nowSeconds } from '../clock.ts'

/** A recording that covers may be made of: what is known of it, under the id that its bytes give. */
export interface Recording {
  readonly id: string
  readonly durationMs: number
}

/** Remembers recordings for a day. The same bytes have the same id. */
export interface CoverBook {
  keep(recording: Recording): void
  find(id: string): Recording | undefined
}

export const KEPT_SECONDS = 24 * 60 * 60
const MAX_RECORDINGS = 10_000

export function openCoverBook(now = nowSeconds): CoverBook {
  const kept = new Map<string, Recording & { readonly untilSeconds: number }>()
  return {
    keep(recording) {
      // Moves it to the end, where the youngest are.
      kept.delete(recording.id)
      kept.set(recording.id, { ...recording, untilSeconds: now() + KEPT_SECONDS })
      const [oldest] = kept.keys()
      if (kept.size > MAX_RECORDINGS && oldest !== undefined) kept.delete(oldest)
    },
    find(id) {
      const recording = kept.get(id)
      if (recording !== undefined && recording.untilSeconds > now()) return recording
      kept.delete(id)
      return undefined
    },
  }
}
