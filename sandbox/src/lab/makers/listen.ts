import { readFile } from 'node:fs/promises'
import { type AudioFacts, readAudio } from '../audio/read.ts'

export interface ListenOrder {
  /** Of a file on the shelf. */
  readonly path: string
}

export type ListenProduct = AudioFacts

export async function makeListen({ path }: ListenOrder): Promise<ListenProduct> {
  return readAudio(await readFile(path))
}
