import { z } from 'zod'
import {
  anyText,
  fields,
  flag,
  modelId,
  numberIn,
  oneOf,
  optional,
  readFields,
  refuse,
  textOf,
  wholeIn,
} from './body-fields.ts'
import {
  LONGEST_IMAGE_PROMPT,
  LONGEST_SIDE,
  MOST_IMAGES,
  readImages,
  SHORTEST_SIDE,
  SIDE_STEP,
} from './image-request.ts'
import { type MediaRequest, objectIn } from './media-request.ts'
import { LONGEST_TEXT } from './speech-fields.ts'
import { readSpeech } from './speech-request.ts'

/**
 * OpenAI's shapes for speech and images [platform.openai.com/docs/api-reference/audio, …/images] in the provider's wire.
 * Ids of OpenAI's models are aliases of the catalogue. What has no counterpart is passed over where the result is still
 * what was asked for, and refused where it would be something else.
 */
const voices: ReadonlyMap<string, string> = new Map([
  ['alloy', 'English_expressive_narrator'],
  ['ash', 'English_magnetic_voiced_man'],
  ['ballad', 'English_Gentle-voiced_man'],
  ['cedar', 'English_Steadymentor'],
  ['coral', 'English_captivating_female1'],
  ['echo', 'English_PatientMan'],
  ['fable', 'English_CaptivatingStoryteller'],
  ['marin', 'English_compelling_lady1'],
  ['nova', 'English_Upbeat_Woman'],
  ['onyx', 'English_ManWithDeepVoice'],
  ['sage', 'English_Wiselady'],
  ['shimmer', 'English_radiant_girl'],
  ['verse', 'English_Trustworth_Man'],
])

/** OpenAI's raw sound has 24 kHz and no header to say so; Opus knows no 32 kHz, the provider's default. */
const sounds = {
  mp3: { contentType: 'audio/mpeg' },
  opus: { contentType: 'audio/ogg', sampleRate: 24_000 },
  flac: { contentType: 'audio/flac' },
  wav: { contentType: 'audio/wav' },
  pcm: { contentType: 'audio/pcm', sampleRate: 24_000 },
} as const

const speechBody = fields({
  model: modelId,
  input: textOf(1, LONGEST_TEXT),
  voice: optional(z.union([anyText, fields({ id: anyText })], 'the name of a voice')),
  response_format: optional(oneOf('mp3', 'opus', 'flac', 'wav', 'pcm')),
  speed: optional(numberIn(0.5, 2)),
  stream_format: optional(oneOf('audio', 'sse')),
})

export type OpenaiSpeech = MediaRequest & {
  readonly contentType: string
  /** `audio`: the sound alone; `sse`: events with pieces of it, and the engine's answer is a stream. */
  readonly streamFormat: 'audio' | 'sse'
}

/** POST /v1/audio/speech. */
export function readOpenaiSpeech(body: unknown): OpenaiSpeech {
  const read = readFields(speechBody, body)
  const format = read.response_format ?? 'mp3'
  const streamFormat = read.stream_format ?? 'audio'
  const stream = streamFormat === 'sse'
  if (stream && format === 'wav') {
    // "wav is supported in non-streaming output only" [api-reference/speech-t2a-http].
    refuse('response_format', 'mp3, opus, flac or pcm where stream_format is sse', format)
  }
  const sound: { contentType: string; sampleRate?: number } = sounds[format]
  const native = {
    model: read.model,
    text: read.input,
    stream,
    ...(stream && { stream_options: { exclude_aggregated_audio: true } }),
    voice_setting: { ...voiceOf(read.voice), ...(read.speed && { speed: read.speed }) },
    audio_setting: { format, ...(sound.sampleRate && { sample_rate: sound.sampleRate }) },
    output_format: 'hex',
  }
  return { ...readSpeech(native), contentType: sound.contentType, streamFormat }
}

/** A voice that is none of OpenAI's is one of this server's. */
function voiceOf(voice: string | { id: string } | null | undefined): { voice_id?: string } {
  const id = typeof voice === 'string' ? (voices.get(voice.toLowerCase()) ?? voice) : voice?.id
  return id ? { voice_id: id } : {}
}

const SIZE = /^([1-9]\d{0,4})x([1-9]\d{0,4})$/
const SIZES = 'auto or a size such as 1024x1536'

const imagesBody = fields({
  model: optional(modelId),
  prompt: textOf(1, LONGEST_IMAGE_PROMPT),
  n: optional(wholeIn(1, MOST_IMAGES)),
  size: optional(z.string(SIZES).refine((size) => size === 'auto' || SIZE.test(size), SIZES)),
  response_format: optional(oneOf('url', 'b64_json')),
  stream: optional(flag),
})

export type OpenaiImageFormat = 'url' | 'b64_json'
export type OpenaiImages = MediaRequest & { readonly format: OpenaiImageFormat }

/** POST /v1/images/generations. */
export function readOpenaiImages(body: unknown): OpenaiImages {
  const { model = null, prompt, n, size, response_format, stream } = readFields(imagesBody, body)
  if (stream) refuse('stream', 'false, as images are not streamed', stream)
  const format = response_format ?? (/^gpt-image-/i.test(model ?? '') ? 'b64_json' : 'url')
  const native = {
    model: model ?? 'image-01',
    prompt,
    n: n ?? 1,
    ...sidesOf(size),
    response_format: format === 'url' ? 'url' : 'base64',
  }
  return { ...readImages(native), format }
}

/** The nearest size the provider makes, of the same shape where that is possible. */
function sidesOf(size: string | null | undefined): { width: number; height: number } | undefined {
  const [, width, height] = (SIZE.exec(size ?? '') ?? []).map(Number)
  if (width === undefined || height === undefined) return undefined
  const enlarged = Math.max(1, SHORTEST_SIDE / Math.min(width, height))
  const factor = Math.min(enlarged, LONGEST_SIDE / Math.max(width, height))
  const legal = (side: number) => {
    const stepped = Math.round((side * factor) / SIDE_STEP) * SIDE_STEP
    return Math.min(Math.max(stepped, SHORTEST_SIDE), LONGEST_SIDE)
  }
  return { width: legal(width), height: legal(height) }
}

export type OpenaiImagesAnswer = {
  readonly created: number
  readonly data: readonly ({ readonly url: unknown } | { readonly b64_json: unknown })[]
}

/** The provider's answer in OpenAI's shape; each picture in the form the engine sent it. */
export function openaiImagesAnswer(
  nativeJson: unknown,
  createdSeconds: number,
  format: OpenaiImageFormat,
): OpenaiImagesAnswer {
  const { image_urls, image_base64 } = objectIn(nativeJson, 'data')
  const urls = listed(image_urls).map((url) => ({ url }))
  const texts = listed(image_base64).map((b64_json) => ({ b64_json }))
  const [asked, other] = format === 'url' ? [urls, texts] : [texts, urls]
  return { created: createdSeconds, data: asked.length > 0 ? asked : other }
}

function listed(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
