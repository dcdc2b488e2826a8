import type { Modality, Model } from '../catalogue/catalogue.ts'
import { isWebUrl } from '../modalities/body-fields.ts'
import { readImages, readImagesAnswer } from '../modalities/image-request.ts'
import { type JsonObject, type MediaRequest, objectIn, textIn } from '../modalities/media-request.ts'
import { readCoverPreprocess, readLyrics, readSong, readSongAnswer } from '../modalities/music-request.ts'
import { readSpeech, readSpeechAnswer } from '../modalities/speech-request.ts'
import { readSearch, readVision } from '../modalities/tool-request.ts'
import { answerNative } from './answer-native.ts'
import type { Arrived, Making } from './making.ts'
import { bytesOf, needFile } from './media-files.ts'
import { type MediaJob, needTargets } from './media-job.ts'
import { offerOf } from './media-offer.ts'
import { coverFeature, ownCover } from './own-covers.ts'
import { ownVoices } from './own-voices.ts'
import { answerEvents, hasSound, isEvents } from './read-events.ts'

const MB = 1024 * 1024

/** What most endpoints have in common: read, look up, send on, one piece made, the engine's answer. */
export const plainMaking = {
  mostBytes: MB,
  passes: () => false,
  made: (_answer: JsonObject, { units }: MediaRequest) => units,
  answer: (call, answer, _job, headers) => answerNative(call, answer, headers),
} satisfies Partial<Making>

type Sent = {
  readonly request: MediaRequest
  readonly modality: Modality
  readonly path: string
  readonly body?: JsonObject
  /** The engine that has to do it: it keeps something of the team's. */
  readonly upstream?: string | undefined
  /** One engine alone: it will keep something that only it knows. */
  readonly sole?: boolean
  /** The model that the body names, where what is sold goes by an id of ours. */
  readonly model?: Model | undefined
}

/** A job without anything of the team's in it. */
export function jobOf({ call, world, caller }: Arrived, sent: Sent): MediaJob {
  const { request, modality, path, upstream, sole = false } = sent
  const offer = offerOf(world.catalogue, request, modality)
  const all = world.upstreams.mediaTargets(offer.model, path, sent.model)
  const targets = upstream === undefined ? all : all.filter((target) => target.upstream.name === upstream)
  return {
    call,
    caller,
    now: world.book.now(),
    request,
    offer,
    body: sent.body ?? request.body,
    targets: needTargets(sole ? targets.slice(0, 1) : targets, { offer }),
    feeNanos: 0,
    firstUses: [],
    onMade: [],
    voiceLifetimeMs: world.catalogue.media.unusedVoiceLifetimeMs,
  }
}

/** The model in the body of what is sold under an id of ours; throws where there is none of this modality. */
export function namedModel(
  { world }: Arrived,
  { body }: MediaRequest,
  modality: Modality,
): Model | undefined {
  const model = textIn(body, 'model')
  return model === null ? undefined : offerOf(world.catalogue, { model, variant: '' }, modality).model
}

/** Hexadecimal, whole or as it is made; a file of the engine's has to become ours first. */
function passesAsBytes({ request }: MediaJob): boolean {
  return request.body.output_format !== 'url'
}

/** Text of 10,000 characters and its settings. */
export const speech: Making = {
  ...plainMaking,
  async prepare(from) {
    const request = readSpeech(from.body)
    return speechJob(from, request, '/v1/t2a_v2')
  },
  // Subtitles are a file, also at the end of a stream, which is therefore heard out.
  passes: (job) => passesAsBytes(job) && job.request.body.subtitle_enable !== true,
  made: (answer, { units }) => (hasSound(answer) || readSpeechAnswer(answer).audio !== null ? units : 0),
  answer: (call, answer, _job, headers) =>
    (isEvents(answer) ? answerEvents : answerNative)(call, answer, headers),
}

/** Speech with the team's own voices in the engine's names; the first use of one costs its price. */
export async function speechJob(from: Arrived, request: MediaRequest, path: string): Promise<MediaJob> {
  const voices = await ownVoices(from.world, from.caller, request.body)
  try {
    const { body, upstream, feeNanos, firstUses, onMade, release } = voices
    const job = jobOf(from, { request, modality: 'speech', path, body, upstream })
    return { ...job, feeNanos, firstUses, onMade, done: release }
  } catch (error) {
    voices.release()
    throw error
  }
}

export const images: Making = {
  ...plainMaking,
  mostBytes: 30 * MB,
  async prepare(from) {
    const request = readImages(from.body)
    return jobOf(from, { request, modality: 'image', path: '/v1/image_generation' })
  },
  made: (answer) => readImagesAnswer(answer).made,
}

export const song: Making = {
  ...plainMaking,
  mostBytes: 70 * MB,
  async prepare(from) {
    const request = readSong(from.body)
    const upstream = await coverFeature(from, request.body)
    return jobOf(from, { request, modality: 'music', path: '/v1/music_generation', upstream })
  },
  passes: passesAsBytes,
  made: (answer) => (readSongAnswer(answer).audio === null ? 0 : 1),
  // mmx reads `audio_url`, which the wire does not have, where it asked for an address.
  answer: (call, answer, _job, headers) => {
    const { audio } = readSongAnswer(answer)
    const both = audio !== null && isWebUrl(audio) && { audio, audio_url: audio }
    const data = { ...objectIn(answer, 'data'), ...both }
    answerNative(call, both ? { ...answer, data } : answer, headers)
  },
}

export const coverPreprocess: Making = {
  ...plainMaking,
  mostBytes: 70 * MB,
  async prepare(from) {
    const request = readCoverPreprocess(from.body)
    const model = namedModel(from, request, 'music')
    return jobOf(from, { request, modality: 'music', path: '/v1/music_cover_preprocess', sole: true, model })
  },
  made: () => 1,
  owned: ownCover,
}

export const lyrics: Making = {
  ...plainMaking,
  async prepare(from) {
    const request = readLyrics(from.body)
    return jobOf(from, { request, modality: 'music', path: '/v1/lyrics_generation' })
  },
}

export const search: Making = {
  ...plainMaking,
  async prepare(from) {
    const request = readSearch(from.body)
    return jobOf(from, { request, modality: 'search', path: '/v1/coding_plan/search' })
  },
}

export const vision: Making = {
  ...plainMaking,
  mostBytes: 30 * MB,
  async prepare(from) {
    const { world, caller } = from
    const request = readVision(from.body)
    const job = { request, modality: 'vision', path: '/v1/coding_plan/vlm' } as const
    const { file_id: id, ...rest } = request.body
    if ((id ?? '') === '') return jobOf(from, { ...job, body: rest })
    // A picture is small, and an engine need not keep it: it goes in the request.
    const file = await needFile(world, caller, Number(id), 'file_id')
    const bytes = await bytesOf(world, file, 'file_id')
    const image_url = `data:${pictureType(bytes)};base64,${bytes.toString('base64')}`
    return jobOf(from, { ...job, body: { ...rest, image_url } })
  },
}

/** By its first bytes: what an upload calls itself is its sender's word. */
function pictureType(bytes: Buffer): string {
  if (bytes[0] === 0x89) return 'image/png'
  return bytes.subarray(8, 12).toString('latin1') === 'WEBP' ? 'image/webp' : 'image/jpeg'
}
