import { Fault } from '../faults.ts'
import { disownEngineId, type EngineId } from '../media/engine-ids.ts'
import { isObject, type JsonObject } from '../modalities/media-request.ts'
import { readDeleteVoice, readGetVoice } from '../modalities/voices-request.ts'
import { storable } from '../store/storable.ts'
import { ask, codeOf } from '../upstreams/ask.ts'
import { answerJson } from './answer-json.ts'
import type { Call } from './call.ts'
import { readJson } from './read-json.ts'
import { callerOf, type World } from './serve.ts'

const MOST_BYTES = 64 * 1024
const fine = { status_code: 0, status_msg: 'success' }

/** POST /v1/get_voice: the engine's own voices, and those the caller's team has made. Free. */
export async function serveGetVoice(call: Call, world: World): Promise<void> {
  const caller = await callerOf(call, world.keyring)
  const { voiceType } = readGetVoice(await readJson(call, MOST_BYTES))
  const wants = (kind: string) => voiceType === 'all' || voiceType === kind
  const own = await world.engineIds.voicesOf(caller.team, world.book.now())
  const made = (kind: EngineId['kind']) => own.filter((voice) => voice.kind === kind).map(shown)
  answerJson(call, {
    ...(wants('system') && { system_voice: await systemVoices(world) }),
    ...(wants('voice_cloning') && { voice_cloning: made('voice_cloning') }),
    ...(wants('voice_generation') && { voice_generation: made('voice_generation') }),
    base_resp: fine,
  })
}

/** POST /v1/delete_voice: here at once, and at its engine. Free. */
export async function serveDeleteVoice(call: Call, world: World): Promise<void> {
  const caller = await callerOf(call, world.keyring)
  const { voiceType, voiceId } = readDeleteVoice(await readJson(call, MOST_BYTES))
  const voice = await world.engineIds.voice(caller.team, storable(voiceId), world.book.now())
  if (voice?.kind !== voiceType)
    throw new Fault('param_invalid', `voice_id: there is no voice ${JSON.stringify(voiceId.slice(0, 100))}`)
  await world.write([disownEngineId(voice.id)])
  const upstream = world.upstreams.named(voice.upstream)
  // The caller has no such voice any more, whether or not its engine can be told now.
  if (upstream) await ask(upstream, '/v1/delete_voice', { voice_type: voice.kind, voice_id: voice.remote_id })
  answerJson(call, { voice_id: voice.name, created_time: dayOf(voice), base_resp: fine })
}

/** A name of the engine's own: who took it would speak with another voice, and pay for it, without having asked. */
export async function isSystemVoice(world: World, name: string): Promise<boolean> {
  const voices = await listedVoices(world)
  // An engine that lists none has none to take.
  return voices?.some((voice) => isObject(voice) && voice.voice_id === name) ?? false
}

async function systemVoices(world: World): Promise<readonly unknown[]> {
  const voices = await listedVoices(world)
  if (!voices) throw new Fault('upstream_failed', 'it does not list its voices')
  return voices
}

async function listedVoices(world: World): Promise<readonly unknown[] | undefined> {
  const upstream = world.upstreams.all.find(({ modalities }) => modalities.has('speech'))
  if (!upstream) throw new Fault('dialect_unspoken', 'no engine of this server makes speech')
  const reply = await ask(upstream, '/v1/get_voice', { voice_type: 'system' })
  const voices = reply.kind === 'json' && codeOf(reply) === 0 ? reply.json.system_voice : undefined
  return Array.isArray(voices) ? voices : undefined
}

function shown(voice: EngineId): JsonObject {
  return {
    voice_id: voice.name,
    description: voice.description === '' ? [] : [voice.description],
    created_time: dayOf(voice),
  }
}

function dayOf({ created_at: at }: EngineId): string {
  return new Date(at).toISOString().slice(0, 10)
}
