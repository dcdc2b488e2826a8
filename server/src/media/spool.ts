import { createHash } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { ofStore, type Stored } from './media-store.ts'

export type Spooled = Stored & { readonly file: string }

/** Where files lie until they are whole, below the folder of the media. */
export function spoolFolderOf(mediaFolder: string): string {
  return path.join(mediaFolder, 'arriving')
}

/** Writes a source to a file of its own, so that it is whole, on the disk and measured before it is moved on. */
export async function spool(folder: string, name: string, source: AsyncIterable<Buffer>): Promise<Spooled> {
  const file = path.join(folder, name)
  await ofStore(mkdir(folder, { recursive: true, mode: 0o700 }))
  const handle = await ofStore(open(file, 'wx', 0o600))
  try {
    const stored = await pour(source, handle)
    await ofStore(handle.sync())
    return { file, ...stored }
  } catch (error) {
    await rm(file, { force: true })
    throw error
  } finally {
    await handle.close()
  }
}

async function pour(source: AsyncIterable<Buffer>, handle: FileHandle): Promise<Stored> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of source) {
    hash.update(chunk)
    bytes += chunk.length
    // Unlike `write` it goes on until all of the chunk is written.
    await ofStore(handle.appendFile(chunk))
  }
  return { bytes, sha256: hash.digest('hex') }
}

/** What a crash left behind: a file nobody has written to since `before` (real time) will not be finished. */
export async function clearSpool(folder: string, before: number): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name)
    const writtenAt = await stat(file).then(
      ({ mtimeMs }) => mtimeMs,
      // Finished and moved on in the meantime.
      () => Number.POSITIVE_INFINITY,
    )
    if (writtenAt < before) await rm(file, { force: true })
  }
}
