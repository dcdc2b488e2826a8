import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy'
import { Fault } from '../faults.ts'
import { LARGEST_FILE_BYTES } from '../media/media.ts'
import { ClientGone } from './body.ts'

export type Fields = ReadonlyMap<string, string>

export type FilePart = {
  readonly name: string
  readonly contentType: string
  readonly source: Readable
  /** What stood before the file; what stands behind it may still be missing. */
  readonly before: Fields
  /** All of the fields, once the form is over. Rejects where it turns out broken: then the file is not whole either. */
  readonly all: Promise<Fields>
}

const FILE_FIELD = 'file'
const LIMITS = { files: 1, fields: 20, parts: 30, fieldSize: 1024, headerPairs: 20, headerSize: 8192 }

/**
 * A form with one file, whose bytes pass through as they come. Resolves with what `take` made of it once the form is over
 * too. Whatever goes wrong breaks off the source and rejects `all`, and `take` is waited for: it has things to put away.
 */
export async function readForm<Taken>(
  req: IncomingMessage,
  take: (part: FilePart) => Promise<Taken>,
): Promise<Taken> {
  const form = formOf(req)
  let taking: Promise<Taken> | undefined
  let source: Readable | undefined
  const all = new Promise<Fields>((resolve, reject) => {
    const fields = watchFields(form, reject)
    form.on('file', (...[field, file, name, , contentType]) => {
      // Told to who reads it; but it may break off before anybody does.
      file.on('error', () => undefined)
      source = file
      if (field !== FILE_FIELD) reject(wrong(`${shown(field)}: unknown, the file's field is called "file"`))
      else {
        const part = { name: name ?? '', contentType, source, before: new Map(fields), all }
        // What a listener throws would end the process.
        taking = (async () => take(part))()
        taking.catch(reject)
      }
    })
    form.on('finish', () => (taking ? resolve(fields) : reject(wrong('file: missing'))))
    const leave = () => !req.readableEnded && reject(new ClientGone())
    req.on('close', leave)
    // It may have left while its key was looked up.
    if (req.destroyed) leave()
  })
  req.pipe(form)
  try {
    await all
    if (!taking) throw wrong('file: missing')
    return await taking
  } catch (error) {
    req.unpipe(form)
    // What the form has still in hand begins nothing new.
    form.removeAllListeners('file')
    drain(req)
    source?.destroy(error instanceof Error ? error : undefined)
    await taking?.catch(() => undefined)
    throw error
  }
}

function formOf(req: IncomingMessage): BusboyInstance {
  const headers = req.headers as BusboyHeaders
  try {
    if (/^multipart\/form-data\b/i.test(headers['content-type'] ?? ''))
      return new Busboy({ headers, limits: LIMITS })
  } catch {
    // It has no boundary, or one that cannot be.
  }
  drain(req)
  throw wrong('the body must be multipart/form-data with a boundary, with the fields file and purpose')
}

function watchFields(form: BusboyInstance, reject: (fault: Fault) => void): Map<string, string> {
  const fields = new Map<string, string>()
  form.on('field', (name, value, _, isCut) => {
    if (name === FILE_FIELD) reject(wrong('file: must be a file, with a file name'))
    if (isCut) reject(wrong(`${shown(name)}: too long`))
    if (fields.has(name)) reject(wrong(`${shown(name)}: given twice; give it once`))
    fields.set(name, value)
  })
  form.on('filesLimit', () => reject(wrong('file: given twice; give it once')))
  for (const limit of ['fieldsLimit', 'partsLimit'] as const)
    form.on(limit, () => reject(wrong('the form has too many fields')))
  form.on('error', () => reject(wrong('the form is broken, or ends too early')))
  return fields
}

function wrong(says: string): Fault {
  return new Fault('param_invalid', says)
}

function shown(name: string | undefined): string {
  return JSON.stringify((name ?? '').slice(0, 50))
}

/** Read and thrown away, so that a client that writes all before it reads gets its answer; within a bound. */
export function drain(req: IncomingMessage): void {
  let bytes = 0
  req.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > LARGEST_FILE_BYTES) req.destroy()
  })
  req.resume()
}
