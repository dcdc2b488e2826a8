import type { JsonObject } from '../json.ts'
import type { AudioSpec } from '../lab/audio/spec.ts'
import { type Markers, readMarkers } from '../markers.ts'
import { invalid } from './answer.ts'
import { charactersOf, needText, readChoice, readFlag, readGroup, readNumber, readText } from './fields.ts'
import { filled, sourcesOf } from './recording.ts'

const MODELS = [
  'music-2.6',
  'music-2.6-free',
  'music-cover',
  'music-cover-free',
  'music-2.5+',
  'music-2.5',
  'music-2.0',
]
/** The older ones always sing what they are given. */
const PLAYS_ALONE = ['music-2.6', 'music-2.6-free', 'music-2.5+']
const MAX_SEED = 1_000_000
const MAX_FEATURE_ID = 200

export interface MusicAsk {
  readonly prompt: string
  /** Undefined where nobody sings, empty where words are to be written or heard first. */
  readonly lyrics: string | undefined
  readonly writesLyrics: boolean
  /** What a cover is made of. */
  readonly source: 'audio' | { readonly featureId: string } | undefined
  readonly seed: string
  readonly spec: AudioSpec
  readonly stream: boolean
  readonly asUrl: boolean
  readonly markers: Markers
}

export function readMusic(body: JsonObject): MusicAsk {
  const model = readModel(body, MODELS)
  const covers = model.startsWith('music-cover')
  const stream = readFlag(body.stream, 'stream')
  const form = readChoice(body.output_format, 'output_format', { of: ['hex', 'url'], otherwise: 'hex' })
  if (stream && form === 'url') throw invalid('output_format must be hex where stream is true')
  readFlag(body.aigc_watermark, 'aigc_watermark')
  const written = covers ? readCoverText(body) : readSongText(body, PLAYS_ALONE.includes(model))
  const seed = readNumber(body.seed, 'seed', { min: 0, max: MAX_SEED, whole: true, otherwise: 0 })
  return {
    prompt: readMarkers(written.prompt).rest,
    lyrics: written.lyrics === undefined ? undefined : readMarkers(written.lyrics).rest,
    writesLyrics: written.writesLyrics,
    source: covers ? readSource(body, written.lyrics) : undefined,
    seed: String(seed),
    spec: readSpec(body),
    stream,
    asUrl: form === 'url',
    markers: readMarkers(`${written.prompt}\n${written.lyrics ?? ''}`),
  }
}

export function readModel(body: JsonObject, of: readonly string[], otherwise?: string): string {
  const model = filled(body.model) ?? otherwise
  const known = of.find((one) => one === model)
  if (known === undefined) throw invalid(`model must be one of ${of.join(', ')}`)
  return known
}

type Written = Pick<MusicAsk, 'prompt' | 'lyrics' | 'writesLyrics'>

function readSongText(body: JsonObject, playsAlone: boolean): Written {
  const isInstrumental = readFlag(body.is_instrumental, 'is_instrumental') && playsAlone
  const optimizes = readFlag(body.lyrics_optimizer, 'lyrics_optimizer') && playsAlone
  const lyrics = readText(body.lyrics, 'lyrics', 3_500)
  if (isInstrumental) {
    return { prompt: needText(body.prompt, 'prompt', 2_000), lyrics: undefined, writesLyrics: false }
  }
  const prompt = readText(body.prompt, 'prompt', 2_000)
  const isSilent = lyrics.trim() === ''
  if (isSilent && !optimizes) {
    throw invalid('lyrics must have 1 to 3500 characters, or is_instrumental or lyrics_optimizer be true')
  }
  return { prompt, lyrics, writesLyrics: isSilent }
}

function readCoverText(body: JsonObject): Written {
  const prompt = needText(body.prompt, 'prompt', 300)
  if (charactersOf(prompt) < 10) throw invalid('prompt must have 10 to 300 characters for a cover')
  const lyrics = readText(body.lyrics, 'lyrics', 1_000)
  if (lyrics !== '' && charactersOf(lyrics) < 10) throw invalid('lyrics must have 10 to 1000 characters')
  return { prompt, lyrics, writesLyrics: false }
}

const SOURCES = ['audio_url', 'audio_base64', 'cover_feature_id']

function readSource(body: JsonObject, lyrics: string | undefined): MusicAsk['source'] {
  const [source, other] = sourcesOf(body, SOURCES)
  if (source === undefined || other !== undefined) {
    throw invalid(`a cover takes exactly one of ${SOURCES.join(', ')}`)
  }
  if (source !== 'cover_feature_id') return 'audio'
  if (lyrics === undefined || lyrics.trim() === '') {
    throw invalid('lyrics must have 10 to 1000 characters where cover_feature_id is given')
  }
  return { featureId: needText(body.cover_feature_id, 'cover_feature_id', MAX_FEATURE_ID) }
}

function readSpec(body: JsonObject): AudioSpec {
  const group = readGroup(body.audio_setting, 'audio_setting')
  const choose = <T extends string | number>(field: string, of: readonly T[], otherwise: T): T =>
    readChoice(group[field], `audio_setting.${field}`, { of, otherwise })
  return {
    format: choose('format', ['mp3', 'wav', 'pcm'], 'mp3'),
    sampleRate: choose('sample_rate', [16_000, 24_000, 32_000, 44_100], 44_100),
    bitrate: choose('bitrate', [32_000, 64_000, 128_000, 256_000], 256_000),
    channels: choose('channel', [1, 2], 2),
  }
}
