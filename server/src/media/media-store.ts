import type { Readable } from 'node:stream'

/** Where the bytes of files lie: a folder or a bucket. Places are ours and mean nothing to it. */
export type MediaStore = {
  /** All of the source, or nothing. What the source throws passes through as it is. */
  put(place: string, source: AsyncIterable<Buffer>): Promise<Stored>
  /** Rejects where nothing lies at this place. */
  read(place: string, range?: ByteRange): Promise<Readable>
  /** To remove what is not there is no fault. */
  remove(place: string): Promise<void>
}

export type Stored = { readonly bytes: number; readonly sha256: string }

/** Both ends inclusive, as HTTP counts. */
export type ByteRange = { readonly start: number; readonly end: number }

/** The store is to blame: the disk is full, the bucket does not answer. */
export class MediaFault extends Error {
  override readonly name = 'MediaFault'
}

/** Tells the store's own failures from those of the source that it reads. */
export async function ofStore<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw new MediaFault(error instanceof Error ? error.message : String(error), { cause: error })
  }
}
