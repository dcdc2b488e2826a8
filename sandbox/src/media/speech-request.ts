import { asList, asObject, asText, type Json, type JsonObject } from '../json.ts'
import { type AudioFormat, type AudioSpec, audioFormats, rateOf } from '../lab/audio/spec.ts'
import { MediaFault } from '../lab/fault.ts'
import type { SpeechOrder } from '../lab/makers/speech.ts'
import type { Pronunciation } from '../lab/voice/spell.ts'
import type { Timbre } from '../lab/voice/timbre.ts'
import type { Manner } from '../lab/voice/voice.ts'
import { type Markers, readMarkers } from '../markers.ts'
import { invalid } from './answer.ts'
import { needText, readChoice, readFlag, readGroup, readNumber } from './fields.ts'
import { defaultVoiceId } from './system-voices.ts'
import { refuseInvisible } from './usage-characters.ts'
import type { VoiceBook } from './voice-book.ts'

export const speechModels = ['2.8', '2.6', '02', '01'].flatMap((line) => [
  `speech-${line}-hd`,
  `speech-${line}-turbo`,
])

/** How to speak, whatever the text: what HTTP, WebSocket and the asynchronous way have in common. */
export type Settings = Omit<SpeechOrder, 'text'>

/** Text as it is to be spoken, and what its markers ask for. */
export interface Script {
  readonly written: string
  readonly spoken: string
  readonly markers: Markers
}

export interface Habits {
  readonly channels: 1 | 2
  /** How this endpoint names the sample rate. */
  readonly rateField: 'sample_rate' | 'audio_sample_rate'
}

const RATES = [8_000, 16_000, 22_050, 24_000, 32_000, 44_100]
const BITRATES = [32_000, 64_000, 128_000, 256_000]
const NO_ACCESS = 2042

export function readScript(text: Json | undefined, maxCharacters: number): Script {
  const written = needText(text, 'text', maxCharacters)
  refuseInvisible(written)
  const markers = readMarkers(written)
  return { written, spoken: markers.rest, markers }
}

export function readSettings(body: JsonObject, voices: VoiceBook, habits: Habits): Settings {
  if (asText(body.model) === undefined) throw invalid(`model must be one of ${speechModels.join(', ')}`)
  readChoice(body.model, 'model', { of: speechModels, otherwise: '' })
  if (body.language_boost !== null && body.language_boost !== undefined) {
    if (typeof body.language_boost !== 'string') throw invalid('language_boost must be a string')
  }
  return {
    manner: readManner(body, voices),
    pronunciations: readPronunciations(body.pronunciation_dict),
    spec: readSpec(readGroup(body.audio_setting, 'audio_setting'), habits),
    subtitles: readSubtitles(body),
  }
}

const DEFAULTS = { sampleRate: 32_000, bitrate: 128_000 }

export function readSpec(setting: JsonObject, { channels, rateField }: Habits): AudioSpec {
  const format = readChoice<AudioFormat>(setting.format, 'audio_setting.format', {
    of: audioFormats,
    otherwise: 'mp3',
  })
  const sampleRate = readChoice(setting[rateField], `audio_setting.${rateField}`, {
    of: RATES,
    otherwise: DEFAULTS.sampleRate,
  })
  readFlag(setting.force_cbr, 'audio_setting.force_cbr')
  return {
    format,
    sampleRate: rateOf({ format, sampleRate }),
    bitrate: readChoice(setting.bitrate, 'audio_setting.bitrate', {
      of: BITRATES,
      otherwise: DEFAULTS.bitrate,
    }),
    channels: readChoice<1 | 2>(setting.channel, 'audio_setting.channel', {
      of: [1, 2],
      otherwise: channels,
    }),
  }
}

/** A little of each feeling: higher and faster when happy, lower and slower when sad. */
const EMOTIONS: Readonly<Record<string, { readonly semitones: number; readonly speed: number }>> = {
  happy: { semitones: 0.6, speed: 1.04 },
  sad: { semitones: -0.6, speed: 0.92 },
  angry: { semitones: 0.3, speed: 1.06 },
  fearful: { semitones: 0.8, speed: 1.06 },
  disgusted: { semitones: -0.4, speed: 0.97 },
  surprised: { semitones: 1, speed: 1.02 },
  calm: { semitones: 0, speed: 0.96 },
  fluent: { semitones: 0, speed: 1.03 },
  whisper: { semitones: -0.2, speed: 0.95 },
  neutral: { semitones: 0, speed: 1 },
}
const EVEN = { semitones: 0, speed: 1 }

function readManner(body: JsonObject, voices: VoiceBook): Manner {
  const setting = readGroup(body.voice_setting, 'voice_setting')
  const between = (field: string, min: number, max: number, otherwise: number) =>
    readNumber(setting[field], `voice_setting.${field}`, { min, max, otherwise, above: field === 'vol' })
  const emotion = readChoice(setting.emotion, 'voice_setting.emotion', {
    of: ['', ...Object.keys(EMOTIONS)],
    otherwise: '',
  })
  for (const field of ['text_normalization', 'english_normalization', 'latex_read']) {
    readFlag(setting[field], `voice_setting.${field}`)
  }
  const felt = EMOTIONS[emotion] ?? EVEN
  return {
    timbre: readTimbre(setting.voice_id, body.timbre_weights, voices),
    speed: between('speed', 0.5, 2, 1) * felt.speed,
    volume: between('vol', 0, 10, 1),
    semitones: between('pitch', -12, 12, 0) + felt.semitones + readModifiedPitch(body.voice_modify),
  }
}

const EFFECTS = ['', 'spacious_echo', 'auditorium_echo', 'lofi_telephone', 'robotic']
const MODIFY_LIMIT = 100
/** What the end of that scale is here. */
const MODIFY_SEMITONES = 6

/** Of these the pitch is heard; the others are checked and have no effect. */
function readModifiedPitch(value: Json | undefined): number {
  const modify = readGroup(value, 'voice_modify')
  const [pitch = 0] = ['pitch', 'intensity', 'timbre'].map((field) =>
    readNumber(modify[field], `voice_modify.${field}`, {
      min: -MODIFY_LIMIT,
      max: MODIFY_LIMIT,
      otherwise: 0,
    }),
  )
  readChoice(modify.sound_effects, 'voice_modify.sound_effects', { of: EFFECTS, otherwise: '' })
  return (pitch / MODIFY_LIMIT) * MODIFY_SEMITONES
}

const MAX_TIMBRES = 4

/** Of several voices that are mixed, the one with the most weight speaks. */
function readTimbre(id: Json | undefined, weights: Json | undefined, voices: VoiceBook): Timbre {
  const mixed = weights === undefined || weights === null ? [] : asList(weights)
  if (mixed === undefined || mixed.length > MAX_TIMBRES) {
    throw invalid(`timbre_weights must be a list of at most ${MAX_TIMBRES}`)
  }
  const heaviest = mixed
    .map((item, at) => {
      const { voice_id, weight } = asObject(item) ?? {}
      const field = `timbre_weights[${at}].weight`
      return {
        id: voice_id,
        weight: readNumber(weight, field, { min: 1, max: 100, whole: true, otherwise: 1 }),
      }
    })
    .sort((a, b) => b.weight - a.weight)[0]
  if (heaviest !== undefined) return timbreFor(heaviest.id, voices)
  return timbreFor(id === undefined || id === null || id === '' ? defaultVoiceId : id, voices)
}

export function timbreFor(id: Json | undefined, voices: VoiceBook): Timbre {
  if (typeof id !== 'string') throw invalid('voice_id must be a string')
  const timbre = voices.timbre(id)
  if (timbre === undefined) throw new MediaFault(NO_ACCESS, `you don't have access to this voice_id: ${id}`)
  return timbre
}

const MAX_TONES = 1_000

/** `{"tone":["omg/oh my god","处理/(chu3)(li3)"]}`; any other shape, which an older client sends, is left alone. */
function readPronunciations(value: Json | undefined): Pronunciation[] {
  const tones = (asList(asObject(value)?.tone) ?? []).slice(0, MAX_TONES)
  return tones.flatMap((tone): Pronunciation[] => {
    const [, written, spoken] = /^([^/]+)\/(.+)$/s.exec(asText(tone) ?? '') ?? []
    if (written === undefined || spoken === undefined) return []
    return [[written, spoken.replace(/\(([a-z]+)[1-5]\)/g, '$1 ')]]
  })
}

function readSubtitles(body: JsonObject): Settings['subtitles'] {
  if (!readFlag(body.subtitle_enable, 'subtitle_enable')) return undefined
  const kinds = ['sentence', 'word', 'word_streaming']
  const kind = readChoice(body.subtitle_type, 'subtitle_type', { of: kinds, otherwise: 'sentence' })
  return kind === 'sentence' ? 'sentence' : 'word'
}
