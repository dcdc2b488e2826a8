import { readBody } from '../body.ts'
import type { JsonObject } from '../json.ts'
import { extensionOf, mimeOf } from '../lab/audio/spec.ts'
import { MediaFault } from '../lab/fault.ts'
import type { SongOrder, SongProduct } from '../lab/makers/song.ts'
import { makeInPieces } from '../lab/pieces.ts'
import { printSong, writeSong } from '../lyrics/song.ts'
import type { Exchange } from '../serve.ts'
import { invalid, obey, sendMedia, urlOf } from './answer.ts'
import type { Recording } from './cover-book.ts'
import type { Desk } from './desk.ts'
import { openEventStream } from './event-stream.ts'
import { humFor, segmentsOf } from './humming.ts'
import { type MusicAsk, readModel, readMusic } from './music-request.ts'
import { MAX_AUDIO_BYTES, readRecording, sourcesOf } from './recording.ts'
import { hexOf } from './speech.ts'

/** A recording in base64 with its request around it. */
const MAX_BODY_BYTES = Math.ceil((MAX_AUDIO_BYTES * 4) / 3) + 1024 * 1024
const FAILED = new MediaFault(1000, 'the engine failed, as the prompt asked')

/** `POST /v1/music_generation` */
export async function serveMusic(exchange: Exchange, desk: Desk): Promise<void> {
  const body = await readLarge(exchange)
  const ask = readMusic(body)
  if (!(await obey(exchange, ask.markers))) return
  const recording = await recordingOf(ask, body, exchange, desk)
  if (ask.markers.failures > 0) throw FAILED
  const order = orderOf(ask, recording, desk.seed)
  await (ask.stream ? sendStream : sendWhole)(exchange, desk, ask, order)
}

/** `POST /v1/music_cover_preprocess` */
export async function serveCoverPreprocess(exchange: Exchange, desk: Desk): Promise<void> {
  const body = await readLarge(exchange)
  readModel(body, ['music-cover', 'music-cover-free'], 'music-cover')
  const [source, other] = sourcesOf(body, ['audio_url', 'audio_base64'])
  if (source === undefined || other !== undefined)
    throw invalid('give exactly one of audio_url, audio_base64')
  const { id, durationMs } = await readRecording(body, exchange, desk)
  const segments = segmentsOf(durationMs)
  await sendMedia(exchange, {
    cover_feature_id: id,
    formatted_lyrics: humFor(segments),
    structure_result: JSON.stringify({ num_segments: segments.length, segments }),
    audio_duration: durationMs / 1000,
  })
}

async function readLarge({ req }: Exchange): Promise<JsonObject> {
  const body = await readBody(req, MAX_BODY_BYTES)
  if (body.kind === 'object') return body.object
  throw invalid(body.kind === 'too-large' ? 'the body is too large' : 'the body must be a JSON object')
}

async function recordingOf(
  { source }: MusicAsk,
  body: JsonObject,
  exchange: Exchange,
  desk: Desk,
): Promise<Recording | undefined> {
  if (source === undefined) return undefined
  if (source === 'audio') return readRecording(body, exchange, desk)
  const known = desk.covers.find(source.featureId)
  if (known === undefined) throw invalid('cover_feature_id is unknown here, or older than 24 hours')
  return known
}

function orderOf(ask: MusicAsk, recording: Recording | undefined, seed: string): SongOrder {
  const from = [seed, ask.seed, recording?.id ?? ''].join(' ')
  const lyrics = ask.writesLyrics ? printSong(writeSong(ask.prompt, '', from).sections) : ask.lyrics
  return {
    seed: from,
    prompt: ask.prompt,
    // A cover without words of its own hums what the recording may have had.
    lyrics: lyrics === '' && recording !== undefined ? humFor(segmentsOf(recording.durationMs)) : lyrics,
    lengthMs: recording?.durationMs,
    spec: ask.spec,
    streams: ask.stream,
  }
}

async function sendWhole(exchange: Exchange, desk: Desk, ask: MusicAsk, order: SongOrder): Promise<void> {
  const song = await desk.lab.make('song', order, { gone: exchange.gone })
  const data = ask.asUrl ? await addressOf(exchange, desk, ask, song) : { audio: hexOf(song.bytes) }
  const body = { data: { ...data, status: 2 }, extra_info: extraInfo(ask, song), analysis_info: null }
  await sendMedia(exchange, body, ask.markers)
}

/** Status 1 with every piece but the last, which has status 2: all of them together are the file. */
async function sendStream(exchange: Exchange, desk: Desk, ask: MusicAsk, order: SongOrder): Promise<void> {
  const events = openEventStream(exchange, ask.markers)
  const making = makeInPieces(desk.lab, 'song', order, { gone: exchange.gone })
  let held: Uint8Array | undefined
  for await (const piece of making.pieces) {
    if (held !== undefined && !(await events.send({ data: { audio: hexOf(held), status: 1 } }))) return
    if (held !== undefined && ask.markers.errorEvent) return events.fail()
    held = piece
  }
  const data = { audio: hexOf(held ?? new Uint8Array()), status: 2 }
  const info = extraInfo(ask, await making.product)
  if (await events.send({ data, extra_info: info, analysis_info: null })) events.end()
}

/** Clients look for the address in either place. */
async function addressOf(exchange: Exchange, desk: Desk, { spec }: MusicAsk, { bytes }: SongProduct) {
  const label = {
    filename: `music.${extensionOf[spec.format]}`,
    purpose: 'answer',
    mime: mimeOf[spec.format],
  }
  const url = urlOf(exchange, await desk.shelf.put(bytes, label))
  return { audio: url, audio_url: url }
}

function extraInfo({ spec }: MusicAsk, { bytes, durationMs }: SongProduct): JsonObject {
  return {
    music_duration: Math.round(durationMs),
    music_sample_rate: spec.sampleRate,
    music_channel: spec.channels,
    bitrate: spec.bitrate,
    music_size: bytes.length,
  }
}
