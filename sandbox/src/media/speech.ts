import { dataEvent } from '../dialects/dialect.ts'
import type { Json, JsonObject } from '../json.ts'
import { extensionOf, mimeOf } from '../lab/audio/spec.ts'
import { MediaFault } from '../lab/fault.ts'
import type { SpeechProduct } from '../lab/makers/speech.ts'
import { type InPieces, makeInPieces } from '../lab/pieces.ts'
import { createOutlet } from '../outlet.ts'
import { pause } from '../pace.ts'
import type { Exchange } from '../serve.ts'
import { obey, readJson, SUCCESS, sendMedia, urlOf } from './answer.ts'
import type { Desk } from './desk.ts'
import { readChoice, readFlag, readGroup } from './fields.ts'
import { readScript, readSettings, type Script, type Settings } from './speech-request.ts'
import { countWords, invisibleRatio, usageCharacters } from './usage-characters.ts'

const MAX_CHARACTERS = 9_999
const LONG_CHARACTERS = 2_000

interface Ask {
  readonly script: Script
  readonly settings: Settings
  readonly stream: boolean
  /** Whether the last event of a stream has all of the audio once more. */
  readonly aggregated: boolean
  readonly asUrl: boolean
}

/** `POST /v1/t2a_v2` */
export async function serveSpeech(exchange: Exchange, desk: Desk): Promise<void> {
  const ask = readAsk(await readJson(exchange), desk)
  if (!(await obey(exchange, ask.script.markers))) return
  const order = { ...ask.settings, text: ask.script.spoken }
  // A long one would keep greetings waiting.
  const kind = order.text.length > LONG_CHARACTERS ? 'narration' : 'speech'
  const making = makeInPieces(desk.lab, kind, order, { gone: exchange.gone })
  await (ask.stream ? sendStream : sendWhole)(exchange, desk, ask, making)
}

function readAsk(body: JsonObject, desk: Desk): Ask {
  const script = readScript(body.text, MAX_CHARACTERS)
  const settings = readSettings(body, desk.voices, { channels: 1, rateField: 'sample_rate' })
  const stream = readFlag(body.stream, 'stream')
  const options = readGroup(body.stream_options, 'stream_options')
  const form = readChoice(body.output_format, 'output_format', { of: ['hex', 'url'], otherwise: 'hex' })
  return {
    script,
    settings,
    stream,
    aggregated: !readFlag(options.exclude_aggregated_audio, 'stream_options.exclude_aggregated_audio'),
    asUrl: form === 'url',
  }
}

type Making = InPieces<'speech' | 'narration'>

async function sendWhole(exchange: Exchange, desk: Desk, ask: Ask, making: Making): Promise<void> {
  const parts: Uint8Array[] = []
  for await (const { audio } of making.pieces) parts.push(audio)
  const product = await making.product
  const audio = joined(parts, product)
  const data = {
    audio: ask.asUrl ? await addressOf(exchange, desk, ask.settings, audio) : hexOf(audio),
    ...(await subtitleField(exchange, desk, ask.settings, product)),
    status: 2,
  }
  const info = extraInfo(ask.script.written, ask.settings, audio.length, product)
  await sendMedia(exchange, { data, extra_info: info }, ask.script.markers)
}

/** Status 1 with each piece as it is made; status 2 at the end with the whole and what is known of it. */
async function sendStream(exchange: Exchange, desk: Desk, ask: Ask, making: Making): Promise<void> {
  const { res, gone, requestId } = exchange
  const { slowMs = 0, cutBytes, errorEvent } = ask.script.markers
  const outlet = createOutlet(res, gone, cutBytes)
  const send = async (event: JsonObject) => {
    if (!res.headersSent) res.writeHead(200, { ...STREAM_HEAD, 'trace-id': requestId })
    const sent = await outlet.send(
      dataEvent({ ...event, trace_id: requestId, base_resp: event.base_resp ?? SUCCESS }),
    )
    return sent && (slowMs === 0 || (await pause(slowMs, gone)))
  }
  const parts: Uint8Array[] = []
  for await (const { audio } of making.pieces) {
    parts.push(audio)
    if (!(await send({ data: { audio: hexOf(audio), status: 1 } }))) return
    if (errorEvent) break
  }
  if (errorEvent) {
    await send({ data: null, base_resp: FAILED })
    return outlet.end()
  }
  const product = await making.product
  const audio = joined(parts, product)
  const info = extraInfo(ask.script.written, ask.settings, audio.length, product)
  const data = {
    audio: ask.aggregated ? hexOf(audio) : '',
    ...(await subtitleField(exchange, desk, ask.settings, product)),
    status: 2,
  }
  if (await send({ data, extra_info: info })) outlet.end()
}

const STREAM_HEAD = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' }
const FAILED = { status_code: 1000, status_msg: 'the engine failed, as the prompt asked' }

/** The pieces in one, with the head they could not have. */
export function joined(parts: readonly Uint8Array[], { head }: SpeechProduct): Buffer {
  const audio = Buffer.concat(parts)
  if (head !== undefined) audio.set(head, 0)
  return audio
}

/** Hex is twice as long as the audio, and a string has at most half a gigabyte. */
const MAX_HEX_BYTES = 200_000_000
const TOO_MUCH = 1000

export function hexOf(audio: Uint8Array): string {
  if (audio.length > MAX_HEX_BYTES) {
    throw new MediaFault(TOO_MUCH, 'the audio is too long for one answer, ask for output_format url')
  }
  return Buffer.from(audio.buffer, audio.byteOffset, audio.length).toString('hex')
}

export function extraInfo(
  text: string,
  { spec }: Pick<Settings, 'spec'>,
  audioBytes: number,
  { durationMs }: Pick<SpeechProduct, 'durationMs'>,
): JsonObject {
  return {
    audio_length: durationMs,
    audio_sample_rate: spec.sampleRate,
    audio_size: audioBytes,
    bitrate: spec.bitrate,
    word_count: countWords(text),
    invisible_character_ratio: invisibleRatio(text),
    usage_characters: usageCharacters(text),
    audio_format: spec.format,
    audio_channel: spec.channels,
  }
}

export async function addressOf(
  exchange: Exchange,
  desk: Desk,
  { spec }: Pick<Settings, 'spec'>,
  audio: Uint8Array,
): Promise<string> {
  const label = {
    filename: `speech.${extensionOf[spec.format]}`,
    purpose: 'answer',
    mime: mimeOf[spec.format],
  }
  return urlOf(exchange, await desk.shelf.put(audio, label))
}

async function subtitleField(
  exchange: Exchange,
  desk: Desk,
  settings: Settings,
  { subtitles }: SpeechProduct,
): Promise<Record<string, Json>> {
  if (settings.subtitles === undefined) return {}
  const label = { filename: 'subtitles.json', purpose: 'answer', mime: 'application/json' }
  const file = await desk.shelf.put(Buffer.from(JSON.stringify(subtitles)), label)
  return { subtitle_file: urlOf(exchange, file) }
}
