import { z } from 'zod'
import { eitherOf, isWebUrl } from './body-fields.ts'

export const MEGABYTE = 1024 * 1024

const DATA_URL = /^data:image\/([a-z]+)(?:;[^,;]*)*;base64,/i
const LONGEST_HEAD = 128

type PictureRule = {
  readonly kinds: readonly ('jpeg' | 'png' | 'webp')[]
  readonly mostBytes: number
  /** Whether the address of a picture will do as well. */
  readonly orUrl: boolean
}

/** Only the head of a data URL and its length are looked at: what it holds is the engine's to read. */
export function picture({ kinds, mostBytes, orUrl }: PictureRule) {
  const data = `a data URL of a ${eitherOf(kinds)} picture of at most ${Math.round(mostBytes / MEGABYTE)} MB`
  const must = orUrl ? `an http(s) URL or ${data}` : data
  return z.string(must).refine((text) => isPicture(text, kinds, mostBytes) || (orUrl && isWebUrl(text)), must)
}

export function countDecodedBytes(base64: string): number {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0
  return Math.floor((base64.length * 3) / 4) - padding
}

function isPicture(text: string, kinds: readonly string[], mostBytes: number): boolean {
  const [head, kind = ''] = DATA_URL.exec(text.slice(0, LONGEST_HEAD)) ?? []
  if (head === undefined || !kinds.includes(kind.toLowerCase().replace(/^jpg$/, 'jpeg'))) return false
  const bytes = countDecodedBytes(text.slice(head.length))
  return bytes > 0 && bytes <= mostBytes
}
