import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { JsonObject } from '../json.ts'
import { type Exchange, sendJson } from '../serve.ts'
import { invalid, queryOf, readJson, sendMedia, urlOf } from './answer.ts'
import type { Desk } from './desk.ts'
import { readFileId } from './fields.ts'
import { readUpload } from './multipart.ts'
import type { StoredFile } from './shelf.ts'

const PURPOSES = ['voice_clone', 'prompt_audio', 't2a_async_input', 'retrieval']
const MAX_UPLOAD_BYTES = 512 * 1024 * 1024

/** `POST /v1/files/upload`: a form of `purpose` and `file`, in either order. */
export async function uploadFile(exchange: Exchange, desk: Desk): Promise<void> {
  const upload = await readUpload(exchange.req, desk.shelf, MAX_UPLOAD_BYTES)
  const { file } = upload
  const purpose = upload.fields.purpose ?? ''
  if (file !== undefined && PURPOSES.includes(purpose)) {
    const stored = await desk.shelf.keep(file.draft, { filename: file.filename, mime: file.mime, purpose })
    return sendMedia(exchange, { file: describe(stored) })
  }
  if (file === undefined) throw invalid('file is required')
  await desk.shelf.discard(file.draft)
  throw invalid(`purpose must be one of ${PURPOSES.join(', ')}`)
}

/** `GET /v1/files/list?purpose=` */
export async function listFiles(exchange: Exchange, desk: Desk): Promise<void> {
  const purpose = queryOf(exchange).get('purpose') ?? ''
  const files = desk.shelf.list().filter((file) => purpose === '' || file.purpose === purpose)
  await sendMedia(exchange, { files: files.map(describe) })
}

/** `GET /v1/files/retrieve?file_id=` */
export async function retrieveFile(exchange: Exchange, desk: Desk): Promise<void> {
  const file = findFile(desk, queryOf(exchange).get('file_id'))
  await sendMedia(exchange, { file: { ...describe(file), download_url: urlOf(exchange, file) } })
}

/** `GET /v1/files/retrieve_content?file_id=` */
export async function retrieveContent(exchange: Exchange, desk: Desk): Promise<void> {
  await sendFile(exchange, findFile(desk, queryOf(exchange).get('file_id')))
}

/** `POST /v1/files/delete` */
export async function deleteFile(exchange: Exchange, desk: Desk): Promise<void> {
  const body = await readJson(exchange)
  const file = findFile(desk, body.file_id)
  await desk.shelf.remove(file.id)
  await sendMedia(exchange, { file_id: file.id })
}

/** `GET /files/<key>/<name>`: public, as a signed address is. */
export async function serveAddress(exchange: Exchange, desk: Desk): Promise<void> {
  const key = exchange.req.url?.split('/')[2] ?? ''
  const file = desk.shelf.findByKey(key)
  if (file === undefined) return sendJson(exchange, 404, { error: 'no such file' })
  await sendFile(exchange, file)
}

function findFile(desk: Desk, value: Parameters<typeof readFileId>[0]): StoredFile {
  const id = readFileId(value, 'file_id')
  if (id === undefined) throw invalid('file_id is required')
  const file = desk.shelf.find(id)
  if (file === undefined) throw invalid(`file_id ${id} is no file here`)
  return file
}

function describe({ id, bytes, createdAtSeconds, filename, purpose }: StoredFile): JsonObject {
  return { file_id: id, bytes, created_at: createdAtSeconds, filename, purpose }
}

async function sendFile({ req, res, requestId }: Exchange, file: StoredFile): Promise<void> {
  const { start, end } = rangeOf(req.headers.range, file.bytes) ?? { start: 0, end: file.bytes - 1 }
  const isPart = end - start + 1 < file.bytes
  res.writeHead(isPart ? 206 : 200, {
    'content-type': file.mime,
    'content-length': end - start + 1,
    'accept-ranges': 'bytes',
    'trace-id': requestId,
    ...(isPart && { 'content-range': `bytes ${start}-${end}/${file.bytes}` }),
  })
  if (req.method === 'HEAD' || file.bytes === 0) {
    res.end()
    return
  }
  try {
    await pipeline(createReadStream(file.path, { start, end }), res)
  } catch {
    // The client left, or the file was deleted under it.
    res.destroy()
  }
}

/** Players ask for parts. What is not understood counts as the whole, which is always a right answer. */
function rangeOf(header: string | undefined, bytes: number): { start: number; end: number } | undefined {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (from === '' && to === '') return undefined
  const start = from === '' ? Math.max(0, bytes - Number(to)) : Number(from)
  const end = from === '' || to === '' ? bytes - 1 : Math.min(Number(to), bytes - 1)
  return start <= end ? { start, end } : undefined
}
