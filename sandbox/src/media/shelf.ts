import { createWriteStream, rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
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

/** The files of one sandbox: on disk in a folder of its own, which goes with the process. */
export interface Shelf {
  put(bytes: Uint8Array, label: Label): Promise<StoredFile>
  /** The same from a stream, which never is in memory as a whole. */
  receive(chunks: AsyncIterable<Uint8Array>, label: Label): Promise<StoredFile>
  find(id: number): StoredFile | undefined
  findByKey(key: string): StoredFile | undefined
  list(): StoredFile[]
  remove(id: number): Promise<void>
  close(): Promise<void>
}

export function openShelf(mintNumber: () => number): Shelf {
  const files = new Map<number, StoredFile>()
  const byKey = new Map<string, StoredFile>()
  let folder: Promise<string> | undefined
  const receive = async (chunks: AsyncIterable<Uint8Array>, label: Label): Promise<StoredFile> => {
    folder ??= makeFolder()
    const key = mintId()
    const place = path.join(await folder, key)
    let bytes = 0
    try {
      await pipeline(
        Readable.from(chunks),
        async function* (source: AsyncIterable<Uint8Array>) {
          for await (const chunk of source) {
            bytes += chunk.length
            yield chunk
          }
        },
        createWriteStream(place, { flags: 'wx' }),
      )
    } catch (error) {
      await rm(place, { force: true })
      throw error
    }
    const { id = mintNumber(), filename, purpose, mime } = label
    const file = { id, key, filename, purpose, mime, bytes, createdAtSeconds: nowSeconds(), path: place }
    files.set(id, file)
    byKey.set(key, file)
    return file
  }
  return {
    receive,
    put: (bytes, label) => receive(once(bytes), label),
    find: (id) => files.get(id),
    findByKey: (key) => byKey.get(key),
    list: () => [...files.values()],
    async remove(id) {
      const file = files.get(id)
      if (file === undefined) return
      files.delete(id)
      byKey.delete(file.key)
      await rm(file.path, { force: true })
    },
    async close() {
      if (folder !== undefined) await rm(await folder, { recursive: true, force: true })
    },
  }
}

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tokenplan-sandbox-'))
  // Also where the process ends without closing.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
