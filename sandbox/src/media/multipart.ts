import type { IncomingMessage } from 'node:http'
import { invalid } from './answer.ts'
import type { Draft, Shelf } from './shelf.ts'

export interface Upload {
  readonly fields: Readonly<Record<string, string>>
  readonly file: { readonly draft: Draft; readonly filename: string; readonly mime: string } | undefined
}

const MAX_FIELD_BYTES = 65_536
const MAX_PARTS = 20

/** Reads a form as it arrives: a file goes to the shelf piece by piece, fields are kept. */
export async function readUpload(req: IncomingMessage, shelf: Shelf, maxBytes: number): Promise<Upload> {
  const boundary = /^multipart\/form-data\b.*?;\s*boundary=(?:"([^"]{1,70})"|([^;\s]{1,70}))/i.exec(
    req.headers['content-type'] ?? '',
  )
  if (boundary === null) throw invalid('the body must be multipart/form-data')
  const parts = createPartReader(req, `--${boundary[1] ?? boundary[2]}`)
  const fields: Record<string, string> = Object.create(null)
  let file: Upload['file']
  try {
    for (let count = 0; count < MAX_PARTS; count += 1) {
      const part = await parts.next()
      if (part === undefined) return { fields, file }
      if (part.filename === undefined) {
        fields[part.name] = await textOf(part.body)
      } else if (file === undefined && part.name === 'file') {
        const draft = await shelf.draft(atMost(part.body, maxBytes))
        file = { draft, filename: part.filename, mime: part.mime }
      } else {
        await drain(part.body)
      }
    }
    throw invalid(`the form has more than ${MAX_PARTS} parts`)
  } catch (error) {
    if (file !== undefined) await shelf.discard(file.draft)
    await parts.drain()
    throw error
  }
}

interface Part {
  readonly name: string
  readonly filename: string | undefined
  readonly mime: string
  /** To be read before the next part is asked for. */
  readonly body: AsyncGenerator<Uint8Array>
}

interface PartReader {
  /** Undefined after the last. */
  next(): Promise<Part | undefined>
  /** Reads the request to its end, so that its sender gets to read the refusal. */
  drain(): Promise<void>
}

const MAX_HEAD_BYTES = 16_384

function createPartReader(req: IncomingMessage, boundary: string): PartReader {
  const source = createSource(req)
  const delimiter = Buffer.from(`\r\n${boundary}`)
  let begun = false
  return {
    async next() {
      // What stands before the first boundary is nobody's.
      if (!begun) await drain(source.until(delimiter))
      begun = true
      const mark = await source.take(2)
      if (mark.toString('latin1') === '--') {
        await source.drain()
        return undefined
      }
      const head = await textOf(source.until(Buffer.from('\r\n\r\n')), MAX_HEAD_BYTES)
      return { ...readHead(head), body: source.until(delimiter) }
    },
    drain: source.drain,
  }
}

function readHead(head: string): Omit<Part, 'body'> {
  const disposition = /^content-disposition:\s*form-data(.*)$/im.exec(head)?.[1] ?? ''
  const value = (field: string) =>
    new RegExp(`;\\s*${field}="((?:[^"\\\\]|\\\\.)*)"`, 'i').exec(disposition)?.[1]
  const name = value('name')
  if (name === undefined) throw invalid('a part of the form has no name')
  const mime = /^content-type:\s*([\w.+/-]+)/im.exec(head)?.[1] ?? 'application/octet-stream'
  return { name, filename: fileNameOf(value('filename')), mime }
}

const MAX_NAME_CHARACTERS = 200

/** The last part of a path; browsers write quotes and line breaks as `%22`, `%0D`, `%0A`. */
function fileNameOf(written: string | undefined): string | undefined {
  const name = written?.replace(/%(22|0d|0a)/gi, '_').replace(/^.*[\\/]/, '')
  return name === '' ? 'file' : name && [...name].slice(-MAX_NAME_CHARACTERS).join('')
}

/** The bytes of a request, read up to marks in them. */
function createSource(req: IncomingMessage) {
  const chunks = (req as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  // The first boundary has no line before it.
  let held: Buffer = Buffer.from('\r\n')
  const more = async (): Promise<void> => {
    const { done, value } = await nextOf(chunks)
    if (done === true) throw invalid('the form ends before its last boundary')
    held = held.length === 0 ? value : Buffer.concat([held, value])
  }
  return {
    async *until(mark: Buffer): AsyncGenerator<Uint8Array> {
      for (;;) {
        const at = held.indexOf(mark)
        // Without the mark, its first bytes may still be at the end of what is held.
        const ready = at >= 0 ? at : Math.max(0, held.length - mark.length + 1)
        const data = held.subarray(0, ready)
        held = held.subarray(at >= 0 ? at + mark.length : ready)
        if (data.length > 0) yield data
        if (at >= 0) return
        await more()
      }
    },
    async take(bytes: number): Promise<Buffer> {
      while (held.length < bytes) await more()
      const taken = held.subarray(0, bytes)
      held = held.subarray(bytes)
      return taken
    },
    async drain(): Promise<void> {
      held = Buffer.alloc(0)
      while ((await nextOf(chunks)).done !== true) held = Buffer.alloc(0)
    },
  }
}

/** A client that leaves in the middle ends the form. */
async function nextOf(chunks: AsyncIterator<Buffer>): Promise<IteratorResult<Buffer>> {
  try {
    return await chunks.next()
  } catch {
    return { done: true, value: undefined }
  }
}

async function textOf(body: AsyncGenerator<Uint8Array>, maxBytes = MAX_FIELD_BYTES): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of atMost(body, maxBytes)) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

async function* atMost(body: AsyncGenerator<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > maxBytes) throw invalid(`a part of the form is larger than ${maxBytes} bytes`)
    yield chunk
  }
}

async function drain(body: AsyncGenerator<Uint8Array>): Promise<void> {
  for await (const chunk of body) void chunk
}
