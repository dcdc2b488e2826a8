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
  const silent = new Set<string>()
  for (const expired of await from.engineIds.expired(now)) {
    if (stopping?.aborted) return
    const { upstream } = expired
    if (!(await isDisowned(from, expired, now)) || silent.has(upstream)) continue
    // One that does not answer is not waited for again and again; it forgets unused voices itself.
    if (!(await isTold(from, expired, stopping))) silent.add(upstream)
  }
}

/** False where it speaks right now. */
export async function forget(from: Forgetting, expired: EngineId, now: number): Promise<boolean> {
  if (!(await isDisowned(from, expired, now))) return false
  await isTold(from, expired)
  return true
}

async function isDisowned({ firstUses, write }: Forgetting, { id }: EngineId, now: number): Promise<boolean> {
  if (firstUses.has(id)) return false
  const [changed] = await write([disownExpired(id, now)])
  return changed?.[0] === 1
}

async function isTold(
  { upstreams }: Forgetting,
  { kind, upstream, remote_id: voiceId }: EngineId,
  stopping?: AbortSignal,
): Promise<boolean> {
  const engine = upstreams.named(upstream)
  // Features of a cover end by themselves.
  if (!engine || kind === 'cover_feature') return true
  const reply = await ask(engine, '/v1/delete_voice', { voice_type: kind, voice_id: voiceId }, stopping)
  return reply.kind === 'json'
}
