import { createHash } from 'node:crypto'
import type { Json, JsonObject } from '../json.ts'
import { MediaFault } from '../lab/fault.ts'
import type { Exchange } from '../serve.ts'
import { invalid } from './answer.ts'
import type { Recording } from './cover-book.ts'
import type { Desk } from './desk.ts'

export const MAX_AUDIO_BYTES = 50 * 1024 * 1024
const SHORTEST_MS = 6_000
const LONGEST_MS = 360_000
const FETCH_MS = 30_000
const TOO_SHORT_OR_LONG = 2037

/** The audio that a cover is made of, from the request itself or from an address. */
export async function readRecording(body: JsonObject, exchange: Exchange, desk: Desk): Promise<Recording> {
  const bytes =
    filled(body.audio_url) === undefined
      ? decode(filled(body.audio_base64))
      : await fetchAudio(filled(body.audio_url), exchange.gone)
  const id = createHash('sha256').update(bytes).digest('hex').slice(0, 32)
  const known = desk.covers.find(id)
  const durationMs = known?.durationMs ?? (await measure(bytes, exchange, desk))
  const recording = { id, durationMs }
  desk.covers.keep(recording)
  return recording
}

/** Where a request may name one of several sources: those that are there. */
export function sourcesOf(body: JsonObject, fields: readonly string[]): string[] {
  return fields.filter((field) => filled(body[field]) !== undefined)
}

export function filled(value: Json | undefined): Json | undefined {
  return value === null || value === '' ? undefined : value
}

function decode(value: Json | undefined): Uint8Array {
  if (typeof value !== 'string') throw invalid('audio_base64 must be a string')
  const bytes = Buffer.from(value.replace(/^data:[^,]{0,100},/, ''), 'base64')
  if (bytes.length > MAX_AUDIO_BYTES) throw tooLarge('audio_base64')
  return bytes
}

async function fetchAudio(value: Json | undefined, gone: AbortSignal): Promise<Uint8Array> {
  if (typeof value !== 'string' || !/^https?:\/\//i.test(value) || !URL.canParse(value)) {
    throw invalid('audio_url must be an http or https address')
  }
  try {
    const signal = AbortSignal.any([gone, AbortSignal.timeout(FETCH_MS)])
    const answer = await fetch(value, { signal })
    if (!answer.ok || answer.body === null) throw invalid(`audio_url answers ${answer.status}`)
    return await collect(answer.body)
  } catch (error) {
    if (error instanceof MediaFault) throw error
    throw invalid('audio_url cannot be fetched')
  }
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > MAX_AUDIO_BYTES) throw tooLarge('audio_url')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function tooLarge(field: string): MediaFault {
  return invalid(`${field} must have at most ${MAX_AUDIO_BYTES / 1024 / 1024} MB`)
}

/** The lab reads files, so the bytes lie on the shelf for that long. */
async function measure(bytes: Uint8Array, { gone }: Exchange, desk: Desk): Promise<number> {
  const label = { filename: 'recording', purpose: 'answer', mime: 'application/octet-stream' }
  const file = await desk.shelf.put(bytes, label)
  try {
    const { durationMs } = await desk.lab.make('listen', { path: file.path }, { gone })
    if (durationMs >= SHORTEST_MS && durationMs <= LONGEST_MS) return durationMs
    throw new MediaFault(TOO_SHORT_OR_LONG, 'the audio must last from 6 seconds to 6 minutes')
  } finally {
    await desk.shelf.remove(file.id)
  }
}
