import { z } from 'zod'
import {
  anyText,
  fields,
  fileId,
  flag,
  modelId,
  numberAbove,
  numberIn,
  oneOf,
  optional,
  textOf,
  wholeIn,
} from './body-fields.ts'

/** Ranges: [api-reference/speech-t2a-http, speech-t2a-websocket, speech-t2a-async-create]. */
export const LONGEST_TEXT = 9_999
export const LONGEST_SOCKET_TEXT = 10_000
const LONGEST_ASYNC_TEXT = 50_000

const EMOTIONS = [
  'happy',
  'sad',
  'angry',
  'fearful',
  'disgusted',
  'surprised',
  'calm',
  'fluent',
  'whisper',
  // Not in the docs; the MCP servers of the provider send it.
  'neutral',
] as const

const sampleRate = oneOf(8000, 16_000, 22_050, 24_000, 32_000, 44_100)
const audio = {
  bitrate: optional(oneOf(32_000, 64_000, 128_000, 256_000)),
  format: optional(oneOf('mp3', 'pcm', 'flac', 'wav', 'pcmu_raw', 'pcmu_wav', 'opus')),
  channel: optional(oneOf(1, 2)),
  force_cbr: optional(flag),
}

/** A missing voice is the engine's default. `language_boost` takes 40 names and more to come: any text. */
const voice = {
  model: modelId,
  voice_setting: optional(
    fields({
      voice_id: optional(anyText),
      speed: optional(numberIn(0.5, 2)),
      vol: optional(numberAbove(0, 10)),
      pitch: optional(wholeIn(-12, 12)),
      emotion: optional(oneOf(...EMOTIONS)),
      text_normalization: optional(flag),
      latex_read: optional(flag),
    }),
  ),
  language_boost: optional(anyText),
  voice_modify: optional(
    fields({
      pitch: optional(wholeIn(-100, 100)),
      intensity: optional(wholeIn(-100, 100)),
      timbre: optional(wholeIn(-100, 100)),
      sound_effects: optional(anyText),
    }),
  ),
}
const live = {
  ...voice,
  audio_setting: optional(fields({ ...audio, sample_rate: optional(sampleRate) })),
  timbre_weights: optional(
    z
      .array(fields({ voice_id: anyText, weight: wholeIn(1, 100) }), 'a list of at most 4 voices')
      .max(4, 'a list of at most 4 voices'),
  ),
  subtitle_enable: optional(flag),
  subtitle_type: optional(oneOf('sentence', 'word', 'word_streaming')),
}

export const speechBody = fields({
  ...live,
  text: textOf(1, LONGEST_TEXT),
  stream: optional(flag),
  stream_options: optional(fields({})),
  output_format: optional(oneOf('hex', 'url')),
})
export const socketStart = fields(live)
export const socketText = fields({ text: anyText })
export const asyncSpeechBody = fields({
  ...voice,
  text: optional(textOf(1, LONGEST_ASYNC_TEXT)),
  text_file_id: optional(fileId),
  audio_setting: optional(fields({ ...audio, audio_sample_rate: optional(sampleRate) })),
})
