import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Answer, produce } from './answer.ts'
import { readBody } from './body.ts'
import { latest } from './conversation.ts'
import { type Ask, BadRequest, type Dialect, INVALID_PARAMS } from './dialects/dialect.ts'
import { digest } from './ids.ts'
import type { JsonObject } from './json.ts'
import { type Markers, readMarkers } from './markers.ts'
import { createOutlet } from './outlet.ts'
import { createPacer, pause, type Tempo } from './pace.ts'
import { compose } from './reply.ts'

export interface Exchange {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly requestId: string
  /** Aborted when the client has left or the answer is out. */
  readonly gone: AbortSignal
}

export interface Speech {
  readonly seed: string
  readonly paceMs: number
}

/** One text request, whatever its dialect. */
export async function serveText(exchange: Exchange, dialect: Dialect, speech: Speech): Promise<void> {
  const ask = await readWith(exchange, dialect, (body) => dialect.read(body))
  if (ask === undefined) return
  const moment = latest(ask.turns)
  const markers = readMarkers(moment.text)
  if (markers.hang) return
  if (markers.delayMs > 0 && !(await pause(markers.delayMs, exchange.gone))) return
  if (markers.error !== undefined) {
    const { status, message } = markers.error
    return refuse(
      exchange,
      dialect,
      status,
      message === '' ? `error ${status}, as the prompt asked` : message,
    )
  }
  const draft = compose({ ...ask, seed: speech.seed, moment, markers })
  const answer = produce(draft, {
    id: exchange.requestId,
    model: ask.model,
    signature: digest(speech.seed, draft.thinking),
    inputTokens: ask.inputTokens,
    limitTokens: ask.limitTokens,
    withUsage: !markers.noUsage,
  })
  if (ask.stream) return sendStream(exchange, { ask, answer, markers, tempo: tempoOf(ask, markers, speech) })
  if (markers.errorEvent) return refuse(exchange, dialect, 500, FAILED)
  return sendWhole(exchange, JSON.stringify(ask.whole(answer)), markers)
}

/** A free count, `{"input_tokens": n}` and the like. */
export async function serveCount(
  exchange: Exchange,
  dialect: Dialect,
  count: (body: JsonObject) => JsonObject,
): Promise<void> {
  const counted = await readWith(exchange, dialect, count)
  if (counted !== undefined) sendJson(exchange, 200, counted)
}

export function refuse(
  exchange: Exchange,
  dialect: Pick<Dialect, 'fault'>,
  status: number,
  message: string,
): void {
  const fault = dialect.fault(status, message, exchange.requestId)
  sendJson(exchange, fault.status, fault.body)
}

export function sendJson({ res, requestId }: Exchange, status: number, body: JsonObject): void {
  const text = JSON.stringify(body)
  res.writeHead(status, jsonHead(requestId, text)).end(text)
}

const FAILED = 'the engine failed, as the prompt asked'
/** Cut in the middle of a string. */
const BROKEN_EVENT = 'data: {"type":"broken","delta":{"te\n\n'
const BREAK_AFTER_TEXT_TOKENS = 3

/** Reads the body and lets `read` judge it; undefined means that the refusal is out. */
async function readWith<T>(
  exchange: Exchange,
  dialect: Dialect,
  read: (body: JsonObject) => T,
): Promise<T | undefined> {
  const body = await readBody(exchange.req)
  if (body.kind === 'gone') return undefined
  if (body.kind !== 'object') {
    if (body.kind === 'too-large') refuse(exchange, dialect, 413, `the body is too large (${INVALID_PARAMS})`)
    else refuse(exchange, dialect, 400, `invalid params, the body must be a JSON object (${INVALID_PARAMS})`)
    return undefined
  }
  try {
    return read(body.object)
  } catch (error) {
    // JSON.stringify gives up on bodies nested some thousand levels deep.
    const tooDeep = error instanceof RangeError
    if (!tooDeep && !(error instanceof BadRequest)) throw error
    const message = tooDeep ? 'invalid params, the body is nested too deeply' : error.message
    refuse(exchange, dialect, 400, `${message} (${INVALID_PARAMS})`)
    return undefined
  }
}

function tempoOf(ask: Ask, markers: Markers, { paceMs }: Speech): Tempo {
  if (markers.slowMs !== undefined) return { eventMs: markers.slowMs, strict: true }
  return { eventMs: ask.model.endsWith('-highspeed') ? paceMs / 2 : paceMs, strict: false }
}

async function sendWhole({ res, gone, requestId }: Exchange, text: string, markers: Markers): Promise<void> {
  const body = markers.brokenEvent ? text.slice(0, text.length / 2) : text
  const outlet = createOutlet(res, gone, markers.cutBytes)
  res.writeHead(200, jsonHead(requestId, body))
  if (await outlet.send(body)) outlet.end()
}

interface Stream {
  readonly ask: Ask
  readonly answer: Answer
  readonly markers: Markers
  readonly tempo: Tempo
}

async function sendStream({ res, gone, requestId }: Exchange, stream: Stream): Promise<void> {
  const outlet = createOutlet(res, gone, stream.markers.cutBytes)
  const pace = createPacer(stream.tempo, gone)
  res.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache',
    ...idHead(requestId),
  })
  for (const frame of framesOf(stream)) {
    if (!(await outlet.send(frame)) || !(await pace())) return
  }
  outlet.end()
}

/** The frames of the dialect, with what the markers put between them. */
function* framesOf({ ask, answer, markers }: Stream): Generator<string> {
  let broken = !markers.brokenEvent
  for (const frame of ask.frames(answer)) {
    const midway = answer.tally.done || answer.tally.textTokens > BREAK_AFTER_TEXT_TOKENS
    if (midway && markers.errorEvent) return yield* ask.failure(FAILED, answer)
    if (midway && !broken) {
      broken = true
      yield BROKEN_EVENT
    }
    yield frame
  }
}

function jsonHead(requestId: string, text: string): Record<string, string | number> {
  return {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...idHead(requestId),
  }
}

function idHead(requestId: string): Record<string, string> {
  return { 'request-id': requestId, 'x-request-id': requestId, 'trace-id': requestId }
}
