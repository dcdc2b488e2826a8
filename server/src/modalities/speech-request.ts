import { countCodePoints, readFields, refuse } from './body-fields.ts'
import {
  countIn,
  isObject,
  type JsonObject,
  type MediaRequest,
  objectIn,
  textIn,
  without,
} from './media-request.ts'
import { asyncSpeechBody, LONGEST_SOCKET_TEXT, socketStart, socketText, speechBody } from './speech-fields.ts'

const FIRST_HAN = '\u2e80'
const HAN = /\p{Script=Han}/u

/** POST /v1/t2a_v2. */
export function readSpeech(body: unknown): MediaRequest {
  const { model, text, stream, output_format } = readFields(speechBody, body)
  if (stream === true && output_format === 'url') refuse('output_format', 'hex where stream is true', 'url')
  return speechOf({ model, text, stream: stream === true, body: body as JsonObject })
}

export type SpeechSocketStart = { readonly model: string; readonly body: JsonObject }

/** `task_start` of the WebSocket: all of a request but its text. */
export function readSpeechSocketStart(event: unknown): SpeechSocketStart {
  const { model } = readFields(socketStart, event)
  return { model, body: withSoundDictionary(event as JsonObject) }
}

/** A text the provider skips without ending the task: 2203 where it is empty, 2204 where it is too long. */
export type SpeechSocketText =
  | { readonly kind: 'text'; readonly request: MediaRequest }
  | { readonly kind: 'skipped'; readonly code: 2203 | 2204; readonly says: string }

/** `task_continue`, in the task that `start` opened; the request's body is the event. */
export function readSpeechSocketText(event: unknown, start: SpeechSocketStart): SpeechSocketText {
  const { text } = readFields(socketText, event)
  if (text === '') return { kind: 'skipped', code: 2203, says: 'the text is empty and was skipped' }
  if (text.length > 2 * LONGEST_SOCKET_TEXT || countCodePoints(text) > LONGEST_SOCKET_TEXT) {
    return { kind: 'skipped', code: 2204, says: 'the text has over 10,000 characters and was skipped' }
  }
  const { model } = start
  return { kind: 'text', request: speechOf({ model, text, stream: true, body: event as JsonObject }) }
}

/** Text in the body, or in an uploaded file whose characters have to be counted before anything is held. */
export type SpeechAsync =
  | { readonly kind: 'text'; readonly request: MediaRequest }
  | { readonly kind: 'file'; readonly textFileId: number; readonly requestOf: (text: string) => MediaRequest }

/** POST /v1/t2a_async_v2. Its sound has two channels where the caller does not say, and `audio_sample_rate`. */
export function readSpeechAsync(body: unknown): SpeechAsync {
  const { model, text, text_file_id: textFileId } = readFields(asyncSpeechBody, body)
  const requestOf = (counted: string) =>
    speechOf({ model, text: counted, stream: false, body: body as JsonObject })
  if (typeof text === 'string' && typeof textFileId === 'number') {
    refuse('text_file_id', 'left out where text is given', textFileId)
  }
  if (typeof textFileId === 'number') return { kind: 'file', textFileId, requestOf }
  if (typeof text === 'string') return { kind: 'text', request: requestOf(text) }
  return refuse('text', `1 to 50,000 characters, or text_file_id must be given`, undefined)
}

export type SpeechAnswer = {
  /** Hex or, with `output_format: url`, an address; null where nothing was made. */
  readonly audio: string | null
  readonly extraInfo: JsonObject
  /** What the engine counted; our own count is the charge. */
  readonly usageCharacters: number | null
}

export function readSpeechAnswer(json: unknown): SpeechAnswer {
  const extraInfo = objectIn(json, 'extra_info')
  return {
    audio: textIn(objectIn(json, 'data'), 'audio'),
    extraInfo,
    usageCharacters: countIn(extraInfo, 'usage_characters'),
  }
}

/** What speech costs and counts: a Han character two, any other code point one, tags included (design §4.3). */
export function countCharacters(text: string): number {
  let characters = 0
  for (const point of text) characters += point >= FIRST_HAN && HAN.test(point) ? 2 : 1
  return characters
}

type Spoken = {
  readonly model: string
  readonly text: string
  readonly stream: boolean
  readonly body: JsonObject
}

function speechOf({ model, text, stream, body }: Spoken): MediaRequest {
  return {
    model,
    variant: '',
    units: countCharacters(text),
    divisible: true,
    stream,
    body: withSoundDictionary(body),
  }
}

/** mmx up to 1.0.12 sends a list of {tone, text}: dropped, as a pronunciation is no reason to refuse speech. */
function withSoundDictionary(body: JsonObject): JsonObject {
  const dictionary = body.pronunciation_dict
  if (dictionary === undefined || dictionary === null) return body
  const tone = isObject(dictionary) ? (dictionary.tone ?? []) : null
  const sound = Array.isArray(tone) && tone.every((entry) => typeof entry === 'string')
  return sound ? body : without(body, 'pronunciation_dict')
}
