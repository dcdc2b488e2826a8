import type { IncomingMessage } from 'node:http'
import { type JsonObject, parseObject } from './json.ts'

export const MAX_BODY_BYTES = 40 * 1024 * 1024

export type Body =
  | { readonly kind: 'object'; readonly object: JsonObject }
  | { readonly kind: 'too-large' | 'not-json' | 'gone' }

/** A body above the cap is read to its end but not kept, so that its sender gets to read the refusal. */
export async function readBody(req: IncomingMessage, maxBytes = MAX_BODY_BYTES): Promise<Body> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of req as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size <= maxBytes) chunks.push(chunk)
      else chunks.length = 0
    }
  } catch {
    return { kind: 'gone' }
  }
  if (size > maxBytes) return { kind: 'too-large' }
  const object = parseObject(Buffer.concat(chunks).toString('utf8'))
  return object === undefined ? { kind: 'not-json' } : { kind: 'object', object }
}
