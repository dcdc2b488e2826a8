import { findModel } from '../catalogue/catalogue.ts'
import { Fault } from '../faults.ts'
import { randomName } from '../ids.ts'
import { type EngineId, ownEngineId, type VoiceKind } from '../media/engine-ids.ts'
import { forget } from '../media/forget-unused.ts'
import { isObject, type JsonObject, textIn } from '../modalities/media-request.ts'
import { readVoiceClone, readVoiceDesign, type VoiceClone } from '../modalities/voices-request.ts'
import { priceUnits } from '../money.ts'
import { storable } from '../store/storable.ts'
import { answerNative } from './answer-native.ts'
import type { Arrived, Making } from './making.ts'
import { jobOf, namedModel, plainMaking } from './makings.ts'
import { needFile, remoteFileId } from './media-files.ts'
import { type MediaJob, outsideCoverage } from './media-job.ts'
import { feeOf } from './own-voices.ts'
import { isSystemVoice } from './voices.ts'

/** A design is billed as speech for its preview [guides/pricing-paygo]; no page says of which model: the newest HD. */
const DESIGN_SPEECH = 'speech-2.8-hd'
const LONGEST_DESCRIPTION = 500

/**
 * POST /v1/voice_clone. The voice's price is due at its first synthesis: here, if a demo is spoken, and then so is the
 * demo's text; else when it first speaks.
 */
export const voiceClone: Making = {
  ...plainMaking,
  async prepare(from) {
    const request = readVoiceClone(from.body)
    return named(from, request.voiceId, async () => {
      const model = namedModel(from, request, 'speech')
      const job = jobOf(from, { request, modality: 'voices', path: '/v1/voice_clone', sole: true, model })
      // Before the engine is given the file of somebody who cannot have the voice.
      if (from.caller.kind === 'plan' && job.offer.resource === null) throw outsideCoverage(job)
      const { demo } = request
      const feeNanos = demo
        ? speechNanos(from, demo.model, demo.units) + feeOf(from.world.catalogue, { kind: 'voice_cloning' })
        : 0
      return atFee(job, feeNanos, { ...(await withRemoteFiles(from, job, request)), voice_id: remoteName() })
    })
  },
  owned: (job, _answer) => [
    ownEngineId(voiceRow(job, 'voice_cloning', asked(job), String(job.body.voice_id))),
  ],
  // An engine that repeats the name repeats its own.
  answer: (call, answer, job, headers) =>
    answerNative(call, 'voice_id' in answer ? { ...answer, voice_id: asked(job) } : answer, headers),
}

/** POST /v1/voice_design: a voice after a description. The engine names it where the caller does not. */
export const voiceDesign: Making = {
  ...plainMaking,
  async prepare(from) {
    const request = readVoiceDesign(from.body)
    const { voiceId: name, previewUnits } = request
    const job = async () => {
      const unnamed = jobOf(from, { request, modality: 'voices', path: '/v1/voice_design', sole: true })
      const body = name === null ? unnamed.body : { ...unnamed.body, voice_id: remoteName() }
      return atFee(unnamed, speechNanos(from, DESIGN_SPEECH, previewUnits), body)
    }
    return name === null ? job() : named(from, name, job)
  },
  // Without a name of its own it has the one that it was given with the request; with neither it cannot be used.
  made: (answer, { body }) => ((textIn(answer, 'voice_id') ?? textIn(body, 'voice_id')) ? 1 : 0),
  owned: (job, answer) => {
    const remote = storable(textIn(answer, 'voice_id') ?? String(job.body.voice_id))
    return [ownEngineId(voiceRow(job, 'voice_generation', asked(job) || remote, remote))]
  },
  answer: (call, answer, job, headers) =>
    answerNative(call, { ...answer, voice_id: asked(job) || answer.voice_id }, headers),
}

/** What it costs is the fee alone: making a voice is free until it speaks. */
function atFee(job: MediaJob, feeNanos: number, body: JsonObject): MediaJob {
  return { ...job, body, feeNanos, offer: { ...job.offer, price: { nanos: 0, per: 1, unit: 'request' } } }
}

function asked(job: MediaJob): string {
  return textIn(job.request.body, 'voice_id') ?? ''
}

function speechNanos({ world }: Arrived, modelId: string, units: number): number {
  const model = findModel(world.catalogue, modelId)
  const price = model?.modality === 'speech' ? model.unitPrices[0] : undefined
  if (!price) throw new Fault('model_unknown', JSON.stringify(modelId.slice(0, 100)))
  return priceUnits(units, price)
}

/** Names are a team's own; at the engine, which knows no teams, a voice has a name nobody can guess. */
function remoteName(): string {
  return `tpv-${randomName()}`
}

/** A name is its request's alone until it is given: of two that want it at once the second is refused. */
async function named(from: Arrived, name: string, prepare: () => Promise<MediaJob>): Promise<MediaJob> {
  const { voiceNames } = from.world
  const key = `${from.caller.team} ${name}`
  const taken = new Fault('voice_taken', JSON.stringify(name.slice(0, 300)))
  if (!voiceNames.claim(key)) throw taken
  try {
    if (!(await isFree(from, name))) throw taken
    return { ...(await prepare()), done: () => voiceNames.release([key]) }
  } catch (error) {
    voiceNames.release([key])
    throw error
  }
}

/** A voice that has expired gives its name back, and its engine is told now that it is not needed any more. */
async function isFree({ world, caller }: Arrived, name: string): Promise<boolean> {
  const now = world.book.now()
  if (await world.engineIds.voice(caller.team, name, now)) return false
  for (const expired of await world.engineIds.expiredVoices(caller.team, name, now)) {
    if (!(await forget(world, expired, now))) return false
  }
  return !(await isSystemVoice(world, name))
}

async function withRemoteFiles(
  { world, caller }: Arrived,
  job: MediaJob,
  { fileId, promptFileId }: VoiceClone,
): Promise<JsonObject> {
  const [target] = job.targets
  if (!target) return job.body
  const remote = async (id: number, field: string) => {
    const file = await needFile(world, caller, id, field)
    return remoteFileId(world, target.upstream, file, field)
  }
  const file_id = await remote(fileId, 'file_id')
  if (promptFileId === null) return { ...job.body, file_id }
  const prompt_audio = await remote(promptFileId, 'clone_prompt.prompt_audio')
  const prompt = isObject(job.body.clone_prompt) ? job.body.clone_prompt : {}
  return { ...job.body, file_id, clone_prompt: { ...prompt, prompt_audio } }
}

function voiceRow(job: MediaJob, kind: VoiceKind, name: string, remote: string): EngineId {
  const { call, caller, now, feeNanos } = job
  const isPaid = kind === 'voice_cloning' && feeNanos > 0
  return {
    id: call.id,
    team: caller.team,
    member: caller.member,
    kind,
    name,
    upstream: job.targets[0]?.upstream.name ?? '',
    remote_id: remote,
    description: storable(textIn(job.request.body, 'prompt') ?? '').slice(0, LONGEST_DESCRIPTION),
    created_at: now,
    expires_at: isPaid ? null : now + job.voiceLifetimeMs,
    paid_at: isPaid ? now : null,
  }
}
