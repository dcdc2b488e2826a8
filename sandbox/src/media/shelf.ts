import { createWriteStream, rmSync } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { nowSeconds } from '../clock.ts'
import { mintId } from '../ids.ts'

export interface StoredFile {
  readonly id: number
  /** The part of its address that nobody guesses: `/files/<key>/<filename>`. */
  readonly key: string
  readonly filename: string
  readonly purpose: string
  readonly mime: string
  readonly bytes: number
  readonly createdAtSeconds: number
  readonly path: string
}

export interface Label {
  readonly filename: string
  /** As MiniMax names it: `voice_clone`, `t2a_async`, `video_generation`, …; `answer` for what only has an address. */
  readonly purpose: string
  readonly mime: string
  /** An id that was promised before the file was there. */
  readonly id?: number | undefined
}

/** Bytes on disk that are no file yet. */
export interface Draft {
  readonly key: string
  readonly path: string
  readonly bytes: number
}

/** The files of one sandbox: on disk in a folder of its own, which goes with the process. */
export interface Shelf {
  put(bytes: Uint8Array, label: Label): Promise<StoredFile>
  /** From a stream, which never is in memory as a whole. If the stream fails, nothing is left. */
  draft(chunks: AsyncIterable<Uint8Array>): Promise<Draft>
  /** Makes a file of it; `head` takes the place of its first bytes. */
  keep(draft: Draft, label: Label, head?: Uint8Array): Promise<StoredFile>
  discard(draft: Draft): Promise<void>
  find(id: number): StoredFile | undefined
  findByKey(key: string): StoredFile | undefined
  /** Uploads and results; not what is only behind an address. */
  list(): StoredFile[]
  remove(id: number): Promise<void>
  close(): Promise<void>
}

/** MiniMax keeps answers for a day too; what a client uploaded stays. */
const RESULT_SECONDS = 86_400
const RESULTS: ReadonlySet<string> = new Set(['answer', 't2a_async', 'video_generation'])

export function openShelf(mintNumber: () => number): Shelf {
  const files = new Map<number, StoredFile>()
  const byKey = new Map<string, StoredFile>()
  let folder: ReturnType<typeof makeFolder> | undefined
  const draft = async (chunks: AsyncIterable<Uint8Array>): Promise<Draft> => {
    folder ??= makeFolder()
    const key = mintId()
    const place = path.join((await folder).path, key)
    return { key, path: place, bytes: await fill(place, chunks) }
  }
  const keep = async ({ key, path: place, bytes }: Draft, label: Label, head?: Uint8Array) => {
    if (head !== undefined) await overwrite(place, head)
    const { id = mintNumber(), filename, purpose, mime } = label
    const file = { id, key, filename, purpose, mime, bytes, createdAtSeconds: nowSeconds(), path: place }
    files.set(id, file)
    byKey.set(key, file)
    await Promise.all(expired(files).map((old) => remove(old.id)))
    return file
  }
  const remove = async (id: number) => {
    const file = files.get(id)
    if (file === undefined) return
    files.delete(id)
    byKey.delete(file.key)
    await rm(file.path, { force: true })
  }
  return {
    draft,
    keep,
    put: async (bytes, label) => keep(await draft(once(bytes)), label),
    discard: ({ path: place }) => rm(place, { force: true }),
    find: (id) => files.get(id),
    findByKey: (key) => byKey.get(key),
    list: () => [...files.values()].filter(({ purpose }) => purpose !== 'answer'),
    remove,
    async close() {
      if (folder !== undefined) await (await folder).remove()
    },
  }
}

async function makeFolder() {
  const folder = await mkdtemp(path.join(tmpdir(), 'tokenplan-sandbox-'))
  // Also where the process ends without closing.
  const removeNow = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', removeNow)
  return {
    path: folder,
    async remove() {
      process.off('exit', removeNow)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function fill(place: string, chunks: AsyncIterable<Uint8Array>): Promise<number> {
  const target = createWriteStream(place, { flags: 'wx' })
  try {
    await pipeline(Readable.from(chunks), target)
    return target.bytesWritten
  } catch (error) {
    await rm(place, { force: true })
    throw error
  }
}

async function overwrite(place: string, head: Uint8Array): Promise<void> {
  const file = await open(place, 'r+')
  try {
    await file.write(head, 0, head.length, 0)
  } finally {
    await file.close()
  }
}

/** Files stand in the order they came. */
function expired(files: ReadonlyMap<number, StoredFile>): StoredFile[] {
  const found: StoredFile[] = []
  const limit = nowSeconds() - RESULT_SECONDS
  for (const file of files.values()) {
    if (file.createdAtSeconds > limit) break
    if (RESULTS.has(file.purpose)) found.push(file)
  }
  return found
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
