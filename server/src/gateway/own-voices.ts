import type { Catalogue } from '../catalogue/catalogue.ts'
import { Fault } from '../faults.ts'
import type { Caller } from '../keys/keyring.ts'
import { type EngineId, payForVoice } from '../media/engine-ids.ts'
import { isObject, type JsonObject } from '../modalities/media-request.ts'
import { formatUsd } from '../money.ts'
import type { Statement } from '../store/sqlite.ts'
import { storable } from '../store/storable.ts'
import type { World } from './serve.ts'

/** The voices of a request that belong to its team, in the engine's names, and what their first use costs. */
export type OwnVoices = {
  readonly body: JsonObject
  /** The engine that has them; undefined where the request names the engine's own voices alone. */
  readonly upstream: string | undefined
  readonly feeNanos: number
  /** Claimed: of two first uses at once only one is charged. */
  readonly firstUses: readonly number[]
  readonly onMade: readonly Statement[]
  readonly release: () => void
}

/** Throws where a voice is another team's, where two engines have the voices, or where this key cannot pay a first use. */
export async function ownVoices(world: World, caller: Caller, body: JsonObject): Promise<OwnVoices> {
  const found = new Map<string, EngineId>()
  for (const name of namesIn(body)) {
    const voice = await ownVoice(world, caller, name)
    if (voice) found.set(name, voice)
  }
  const voices = [...new Map([...found.values()].map((voice) => [voice.id, voice])).values()]
  const upstreams = new Set(voices.map((voice) => voice.upstream))
  if (upstreams.size > 1)
    throw new Fault('param_invalid', 'timbre_weights: these voices were made at different engines')
  const [upstream] = upstreams
  refuseFirstUseByPlan(world.catalogue, caller, voices)
  const due = await claimUnpaid(world, caller, voices)
  const firstUses = due.map(({ id }) => id)
  return {
    body: found.size === 0 ? body : renamed(body, found),
    upstream,
    feeNanos: due.reduce((sum, voice) => sum + feeOf(world.catalogue, voice), 0),
    firstUses,
    onMade: firstUses.map((id) => payForVoice(id, world.book.now())),
    release: () => world.firstUses.release(firstUses),
  }
}

/** Undefined for a voice of the engine's own, which every team may use. */
async function ownVoice(world: World, caller: Caller, name: string): Promise<EngineId | undefined> {
  const voice = await world.engineIds.voice(caller.team, storable(name), world.book.now())
  if (voice) return voice
  if (name === storable(name) && !(await world.engineIds.isKept(name))) return undefined
  throw new Fault('param_invalid', `voice_id: there is no voice ${JSON.stringify(name.slice(0, 100))}`)
}

/** The rows were read before the claim: one that was paid for in between is seen to be when it is read again. */
async function claimUnpaid(world: World, caller: Caller, voices: readonly EngineId[]): Promise<EngineId[]> {
  const unpaid = voices.filter(({ id, paid_at: at }) => at === null && world.firstUses.claim(id))
  try {
    const due: EngineId[] = []
    for (const claimed of unpaid) {
      const voice = await world.engineIds.voice(caller.team, claimed.name, world.book.now())
      if (voice?.id === claimed.id && voice.paid_at === null) due.push(voice)
      else world.firstUses.release([claimed.id])
    }
    return due
  } catch (error) {
    world.firstUses.release(unpaid.map(({ id }) => id))
    throw error
  }
}

/** A voice is outside the coverage, and so is the price of its first use (design §4.4). */
function refuseFirstUseByPlan(catalogue: Catalogue, caller: Caller, voices: readonly EngineId[]): void {
  const unpaid = caller.kind === 'plan' ? voices.find((voice) => voice.paid_at === null) : undefined
  if (!unpaid) return
  throw new Fault(
    'not_in_plan',
    `the voice ${unpaid.name}: its first use costs ${formatUsd(feeOf(catalogue, unpaid))}, which a Token Plan Key does ` +
      'not pay. Use it once with an API key (sk-api-…); after that every key of the team may speak with it.',
  )
}

export function feeOf(catalogue: Catalogue, voice: Pick<EngineId, 'kind'>): number {
  const model = catalogue.models.get(voice.kind === 'voice_cloning' ? 'voice-clone' : 'voice-design')
  return model?.unitPrices[0]?.nanos ?? 0
}

function namesIn(body: JsonObject): string[] {
  const { voice_setting: setting, timbre_weights: weights } = body
  const named = [setting, ...(Array.isArray(weights) ? weights : [])].map((place) =>
    isObject(place) ? place.voice_id : undefined,
  )
  return [...new Set(named.filter((name): name is string => typeof name === 'string' && name !== ''))]
}

function renamed(body: JsonObject, voices: ReadonlyMap<string, EngineId>): JsonObject {
  const rename = (place: unknown): unknown => {
    if (!isObject(place)) return place
    const voice = voices.get(String(place.voice_id))
    return voice ? { ...place, voice_id: voice.remote_id } : place
  }
  const { voice_setting: setting, timbre_weights: weights } = body
  return {
    ...body,
    ...(setting !== undefined && { voice_setting: rename(setting) }),
    ...(Array.isArray(weights) && { timbre_weights: weights.map(rename) }),
  }
}
