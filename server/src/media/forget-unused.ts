import type { Statement } from '../store/sqlite.ts'
import { ask } from '../upstreams/ask.ts'
import type { Upstreams } from '../upstreams/upstreams.ts'
import type { Claims } from './claims.ts'
import { disownExpired, type EngineId, type EngineIds } from './engine-ids.ts'

export type Forgetting = {
  readonly engineIds: EngineIds
  /** Voices that speak for the first time right now: they are about to be paid for. */
  readonly firstUses: Claims<number>
  readonly upstreams: Upstreams
  readonly write: (statements: readonly Statement[]) => Promise<readonly (readonly unknown[])[]>
}

/** Removes voices that never spoke and features whose day is over: here, and at the engine that keeps them. */
export async function forgetUnused(from: Forgetting, now: number, stopping?: AbortSignal): Promise<void> {
  for (const expired of await from.engineIds.expired(now)) {
    if (stopping?.aborted) return
    await forget(from, expired, now, stopping)
  }
}

/** False where it speaks right now. */
export async function forget(
  { firstUses, upstreams, write }: Forgetting,
  { id, kind, upstream, remote_id: voiceId }: EngineId,
  now: number,
  stopping?: AbortSignal,
): Promise<boolean> {
  if (firstUses.has(id)) return false
  const [changed] = await write([disownExpired(id, now)])
  if (changed?.[0] !== 1) return false
  const engine = upstreams.named(upstream)
  // Features of a cover end by themselves. A voice that the engine cannot be told of now is one it forgets itself.
  if (engine && kind !== 'cover_feature')
    await ask(engine, '/v1/delete_voice', { voice_type: kind, voice_id: voiceId }, stopping)
  return true
}
