import { readBody } from '../body.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { baseResp } from '../dialects/native.ts'
import type { JsonObject } from '../json.ts'
import { MediaFault } from '../lab/fault.ts'
import type { Markers } from '../markers.ts'
import { createOutlet } from '../outlet.ts'
import { pause } from '../pace.ts'
import { type Exchange, refuse } from '../serve.ts'
import type { StoredFile } from './shelf.ts'

const INVALID = 2013

/** MiniMax's media paths say everything as HTTP 200; the code tells. */
export const mediaDialect: Pick<Dialect, 'fault'> = {
  fault: (status, message, requestId) => ({
    status: 200,
    body: { trace_id: requestId, base_resp: baseResp(status, message) },
  }),
}

/** The body of a request, or the refusal of it. */
export async function readJson({ req }: Exchange, maxBytes?: number): Promise<JsonObject> {
  const body = await readBody(req, maxBytes)
  if (body.kind === 'object') return body.object
  throw invalid(body.kind === 'too-large' ? 'the body is too large' : 'the body must be a JSON object')
}

export function queryOf({ req }: Pick<Exchange, 'req'>): URLSearchParams {
  const [, query = ''] = (req.url ?? '').split('?')
  return new URLSearchParams(query)
}

/** 2013 with a message that names the field and what it may be. */
export function invalid(message: string): MediaFault {
  return new MediaFault(INVALID, `invalid params, ${message}`)
}

export function refuseMedia(exchange: Exchange, { code, message }: MediaFault): void {
  refuse(exchange, mediaDialect, 400, `${message} (${code})`)
}

/** Does what the prompt's markers ask for before an answer; false when there is nothing more to say. */
export async function obey(exchange: Exchange, markers: Markers): Promise<boolean> {
  if (markers.hang) return false
  if (markers.delayMs > 0 && !(await pause(markers.delayMs, exchange.gone))) return false
  if (markers.error === undefined) return true
  const { status, message } = markers.error
  refuse(exchange, mediaDialect, status, message === '' ? `error ${status}, as the prompt asked` : message)
  return false
}

/** An answer; `trace_id` is added, and a `base_resp` that says all is well unless it has its own. */
export async function sendMedia(exchange: Exchange, body: JsonObject, markers?: Markers): Promise<void> {
  const { res, gone, requestId } = exchange
  const text = JSON.stringify({ ...body, trace_id: requestId, base_resp: body.base_resp ?? SUCCESS })
  const outlet = createOutlet(res, gone, markers?.cutBytes)
  res.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'request-id': requestId,
    'x-request-id': requestId,
    'trace-id': requestId,
  })
  if (await outlet.send(text)) outlet.end()
}

export const SUCCESS: JsonObject = { status_code: 0, status_msg: 'success' }

/** Absolute, on the origin the client came by. */
export function urlOf({ req }: Pick<Exchange, 'req'>, file: StoredFile): string {
  const host = req.headers.host ?? `127.0.0.1:${req.socket.localPort}`
  return `http://${host}/files/${file.key}/${encodeURIComponent(file.filename)}`
}
