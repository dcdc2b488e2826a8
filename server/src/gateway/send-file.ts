import { pipeline } from 'node:stream/promises'
import { Fault } from '../faults.ts'
import type { MediaFile } from '../media/file-rows.ts'
import type { Media } from '../media/media.ts'
import type { ByteRange } from '../media/media-store.ts'
import { ClientGone } from './body.ts'
import { type Call, idHeaders, isGone } from './call.ts'

/** Sends a file, or the part of it that is asked for. */
export async function sendFile(call: Call, media: Media, file: MediaFile): Promise<void> {
  const { req, res } = call
  const tag = `"${file.sha256}"`
  const range = isForThis(req.headers['if-range'], tag) ? rangeOf(req.headers.range, file.bytes) : undefined
  const { start, end } = range ?? { start: 0, end: file.bytes - 1 }
  const part = range ? ['content-range', `bytes ${start}-${end}/${file.bytes}`] : []
  const head = [
    ...safeHeaders(file),
    'content-length',
    String(end - start + 1),
    'etag',
    tag,
    ...part,
    ...idHeaders(call),
  ]
  const status = range ? 206 : 200
  if (req.method === 'HEAD') {
    res.writeHead(status, head).end()
    return
  }
  const source = await media.open(file, range)
  if (isGone(call)) {
    source.destroy()
    throw new ClientGone()
  }
  res.writeHead(status, head)
  await pipeline(source, res).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ERR_STREAM_PREMATURE_CLOSE') throw new ClientGone()
    const fault = new Fault('media_down')
    fault.cause = error.message
    throw fault
  })
}

/** RFC 9110 §13.1.5: a part of another version would be mixed with what the client has. */
function isForThis(ifRange: string | string[] | undefined, tag: string): boolean {
  return ifRange === undefined || ifRange === tag
}

/** RFC 9110 §14: one range is served; several, and what is not understood, are answered with the whole. */
function rangeOf(header: string | undefined, bytes: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.replaceAll(' ', '') ?? '')
  if (!match || match[0] === 'bytes=-') return undefined
  const [, first = '', last = ''] = match
  const start = first === '' ? Math.max(0, bytes - Number(last)) : Number(first)
  const end = first === '' || last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1)
  if (first !== '' && last !== '' && Number(last) < start) return undefined
  if (start < bytes) return { start, end }
  throw new Fault('range_invalid', `it has ${bytes} bytes`, { 'content-range': `bytes */${bytes}` })
}

const SAFE =
  /^(?:(?:audio|video)\/[\w.+-]+|image\/(?:png|jpeg|gif|webp|avif|bmp)|text\/plain|application\/(?:json|pdf|zip))$/

/** What a stranger uploaded must never become a page of ours: no type that runs scripts, no guessing, never shown in place. */
function safeHeaders({ name, contentType }: MediaFile): string[] {
  const plain = name.replace(/[^\w. ()-]/g, '_')
  const exact = encodeURIComponent(name).replace(/['()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`)
  return [
    'content-type',
    SAFE.test(contentType) ? contentType : 'application/octet-stream',
    'x-content-type-options',
    'nosniff',
    'content-disposition',
    `attachment; filename="${plain}"; filename*=UTF-8''${exact}`,
    'content-security-policy',
    "default-src 'none'; sandbox",
    'cache-control',
    'private, no-store',
    'accept-ranges',
    'bytes',
  ]
}
