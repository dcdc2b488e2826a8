import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { type Exchange, sendJson } from '../serve.ts'
import type { Desk } from './desk.ts'
import type { StoredFile } from './shelf.ts'

/** `GET /files/<key>/<name>`: public, as a signed address is. */
export async function serveAddress(exchange: Exchange, desk: Desk): Promise<void> {
  const key = exchange.req.url?.split('/')[2] ?? ''
  const file = desk.shelf.findByKey(key)
  if (file === undefined) return sendJson(exchange, 404, { error: 'no such file' })
  await sendFile(exchange, file)
}

async function sendFile({ req, res }: Exchange, file: StoredFile): Promise<void> {
  res.writeHead(200, { 'content-type': file.mime, 'content-length': file.bytes })
  if (req.method === 'HEAD') {
    res.end()
    return
  }
  try {
    await pipeline(createReadStream(file.path), res)
  } catch {
    // The client left, or the file was deleted under it.
    res.destroy()
  }
}
