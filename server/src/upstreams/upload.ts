import { readOutcome } from '../modalities/media-answer.ts'
import { objectIn } from '../modalities/media-request.ts'
import { codeOf, replyOf } from './ask.ts'
import { collect } from './collect.ts'
import type { Upstream } from './upstream.ts'

export type Upload = {
  readonly name: string
  readonly purpose: string
  readonly contentType: string
  readonly bytes: Buffer
  /** Must not occur in the bytes; random, so it does not. */
  readonly boundary: string
}

const MOST_ANSWER_BYTES = 1024 * 1024

export type Uploaded =
  | { readonly kind: 'taken'; readonly id: string }
  /** The engine's words about the file. */
  | { readonly kind: 'refused'; readonly says: string }
  | { readonly kind: 'failed' }

/** MiniMax's code for what is wrong with a request: here, with the file. */
const INVALID_CODE = 2013

/** Gives a caller's file to an engine, which answers with its own id for it. */
export async function upload(upstream: Upstream, file: Upload): Promise<Uploaded> {
  const chunks = [
    part(file.boundary, 'name="purpose"', ''),
    Buffer.from(file.purpose),
    Buffer.from('\r\n'),
    part(file.boundary, `name="file"; filename="${quoted(file.name)}"`, file.contentType),
    file.bytes,
    Buffer.from(`\r\n--${file.boundary}--\r\n`),
  ]
  const target = { upstream, path: `${upstream.basePath}/v1/files/upload`, model: '' }
  const request = {
    method: 'POST',
    contentType: `multipart/form-data; boundary=${file.boundary}`,
    headers: [],
    bodyFor: () => chunks,
    release: () => undefined,
  } as const
  const reply = replyOf(await collect([target], request, { mostBytes: MOST_ANSWER_BYTES }))
  if (reply.kind !== 'json') return reply
  if (codeOf(reply) === INVALID_CODE)
    return { kind: 'refused', says: readOutcome(reply.json).message.slice(0, 300) }
  const id = codeOf(reply) === 0 ? objectIn(reply.json, 'file').file_id : undefined
  return typeof id === 'number' || typeof id === 'string'
    ? { kind: 'taken', id: String(id) }
    : { kind: 'failed' }
}

function part(boundary: string, disposition: string, contentType: string): Buffer {
  const type = contentType === '' ? '' : `content-type: ${contentType}\r\n`
  return Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; ${disposition}\r\n${type}\r\n`)
}

/** RFC 7578 §4.2 as browsers do it: a quote or a line break would end the name. */
function quoted(name: string): string {
  return name.replace(/["\r\n]/g, '_')
}
