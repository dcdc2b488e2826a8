import { z } from 'zod'
import {
  anyText,
  fields,
  flag,
  modelId,
  oneAlone,
  oneOf,
  optional,
  readFields,
  refuse,
  textOf,
  webUrl,
  whole,
} from './body-fields.ts'
import { countIn, type JsonObject, type MediaRequest, objectIn, onePiece, textIn } from './media-request.ts'
import { countDecodedBytes, MEGABYTE } from './picture-field.ts'

/** Ranges: [api-reference/music-generation, music-cover-preprocess, lyrics-generation]. */
const LONGEST_PROMPT = 2_000
const LONGEST_LYRICS = 3_500
const RECORDING = 'a recording of at most 50 MB in base64'

const recording = z
  .string(RECORDING)
  .min(1, RECORDING)
  .refine((text) => countDecodedBytes(text) <= 50 * MEGABYTE, RECORDING)

const sound = {
  model: modelId,
  stream: optional(flag),
  output_format: optional(oneOf('hex', 'url')),
  audio_setting: optional(
    fields({
      sample_rate: optional(oneOf(16_000, 24_000, 32_000, 44_100)),
      bitrate: optional(oneOf(32_000, 64_000, 128_000, 256_000)),
      format: optional(oneOf('mp3', 'wav', 'pcm')),
      channel: optional(oneOf(1, 2)),
    }),
  ),
  lyrics_optimizer: optional(flag),
  is_instrumental: optional(flag),
  aigc_watermark: optional(flag),
  seed: optional(whole),
}
const original = { audio_url: optional(webUrl), audio_base64: optional(recording) }

const modelBody = fields({ model: modelId })
const songBody = fields({
  ...sound,
  prompt: optional(textOf(0, LONGEST_PROMPT)),
  lyrics: optional(textOf(0, LONGEST_LYRICS)),
})
const coverBody = fields({
  ...sound,
  ...original,
  prompt: textOf(10, 300),
  lyrics: optional(textOf(10, 1_000)),
  cover_feature_id: optional(anyText),
})
const preprocessBody = fields({ model: optional(anyText), ...original })
const lyricsBody = fields({
  mode: oneOf('write_full_song', 'edit'),
  prompt: optional(textOf(0, LONGEST_PROMPT)),
  lyrics: optional(textOf(0, LONGEST_LYRICS)),
  title: optional(anyText),
})

/** Models of the catalogue that make no song: they have endpoints, and prices, of their own. */
const LYRICS = 'lyrics_generation'
const PREPROCESS = 'music-cover-preprocess'
const COVER = /^music-cover/i

/** POST /v1/music_generation. The wire has no field for the longest song that the catalogue sells. */
export function readSong(body: unknown): MediaRequest {
  const { model } = readFields(modelBody, body)
  if ([LYRICS, PREPROCESS].includes(model.toLowerCase())) refuse('model', 'a model that makes songs', model)
  const song = COVER.test(model) ? readCover(body) : readOwnSong(body)
  if (song.stream && song.output_format === 'url') refuse('output_format', 'hex where stream is true', 'url')
  return onePiece(model, body as JsonObject, song.stream === true)
}

function readCover(body: unknown) {
  const cover = readFields(coverBody, body)
  oneAlone(body as JsonObject, ['audio_url', 'audio_base64', 'cover_feature_id'])
  return cover
}

/** Somebody has to write what is sung; who does it from the prompt needs one, and so does music without words. */
function readOwnSong(body: unknown) {
  const song = readFields(songBody, body)
  const fromPrompt = song.is_instrumental || song.lyrics_optimizer
  if (fromPrompt && !song.prompt) refuse('prompt', '1 to 2,000 characters', song.prompt)
  if (!fromPrompt && !song.lyrics) {
    refuse('lyrics', '1 to 3,500 characters, or lyrics_optimizer or is_instrumental true', song.lyrics)
  }
  return song
}

/** POST /v1/music_cover_preprocess. It makes no song, so it counts none of the day's covers. */
export function readCoverPreprocess(body: unknown): MediaRequest {
  readFields(preprocessBody, body)
  oneAlone(body as JsonObject, ['audio_url', 'audio_base64'])
  return { ...onePiece(PREPROCESS, body as JsonObject), units: 0 }
}

/** POST /v1/lyrics_generation. */
export function readLyrics(body: unknown): MediaRequest {
  readFields(lyricsBody, body)
  return onePiece(LYRICS, body as JsonObject)
}

export type SongAnswer = {
  /** Hex or an address; null where nothing was made. */
  readonly audio: string | null
  readonly extraInfo: JsonObject
  readonly durationMs: number | null
}

/** Some engines send an address as `audio_url`, which mmx reads as well [mmx 1.0.17]. */
export function readSongAnswer(json: unknown): SongAnswer {
  const data = objectIn(json, 'data')
  const extraInfo = objectIn(json, 'extra_info')
  return {
    audio: textIn(data, 'audio') ?? textIn(data, 'audio_url'),
    extraInfo,
    durationMs: countIn(extraInfo, 'music_duration'),
  }
}
