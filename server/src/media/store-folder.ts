import { mkdir, open, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { type MediaStore, ofStore } from './media-store.ts'
import { spool, spoolFolderOf } from './spool.ts'

/** Files in a folder, readable by its owner alone; 256 folders, so that none of them grows too long. */
export function folderStore(folder: string): MediaStore {
  const fileOf = (place: string) => path.join(folder, place.slice(0, 2), place.slice(2))
  return {
    async put(place, source) {
      const { file, ...stored } = await spool(spoolFolderOf(folder), place, source)
      await ofStore(moveHome(file, fileOf(place)))
      return stored
    },
    async read(place, range) {
      // Opened here, so that a missing file is told before an answer has begun.
      const handle = await ofStore(open(fileOf(place), 'r'))
      return handle.createReadStream({ ...range })
    },
    remove: (place) => ofStore(rm(fileOf(place), { force: true })),
  }
}

/** A file that lies at its place is whole and survives a loss of power, or it does not lie there. */
async function moveHome(file: string, home: string): Promise<void> {
  try {
    await mkdir(path.dirname(home), { recursive: true, mode: 0o700 })
    await rename(file, home)
  } catch (error) {
    await rm(file, { force: true })
    throw error
  }
  const folder = await open(path.dirname(home), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
