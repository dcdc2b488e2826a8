import type { Json } from '../json.ts'
import { invalid } from './answer.ts'
import { type PictureHeader, readPictureHeader } from './picture-header.ts'

/** A picture that came inside the request. */
export interface Picture extends PictureHeader {
  readonly bytes: Uint8Array
}

export interface PictureRules {
  readonly maxBytes: number
  readonly types: readonly PictureHeader['type'][]
}

const DATA_URL = /^data:image\/(?:jpeg|jpg|png|webp);base64,/i

/**
 * A data URL gives its picture; an http(s) address gives undefined, because the sandbox fetches nothing from anywhere:
 * the answer is made without that picture. Anything else is refused.
 */
export function readPicture(
  value: Json | undefined,
  field: string,
  rules: PictureRules,
): Picture | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string') throw invalid(`${field} must be a URL or a data URL`)
  if (/^https?:\/\//i.test(value)) return undefined
  return pictureOf(value, field, rules)
}

export function pictureOf(dataUrl: string, field: string, { maxBytes, types }: PictureRules): Picture {
  const head = DATA_URL.exec(dataUrl.slice(0, 64))
  if (head === null) {
    throw invalid(
      `${field} must be a URL or a data URL such as data:image/jpeg;base64,… (${types.join(', ')})`,
    )
  }
  const bytes = new Uint8Array(Buffer.from(dataUrl.slice(head[0].length), 'base64'))
  if (bytes.length >= maxBytes) throw invalid(`${field} must be smaller than ${maxBytes / 1024 / 1024} MB`)
  return { ...headerOf(bytes, field, types), bytes }
}

/** A small file can unpack to more than memory holds. */
const MAX_PIXELS = 64_000_000

export function headerOf(bytes: Uint8Array, field: string, types: PictureRules['types']): PictureHeader {
  const header = readPictureHeader(bytes)
  if (header === undefined || !types.includes(header.type)) {
    throw invalid(`${field} holds no image that can be read (${types.join(', ')})`)
  }
  if (header.width * header.height > MAX_PIXELS) {
    throw invalid(`${field} must have at most ${MAX_PIXELS / 1_000_000} million pixels`)
  }
  return header
}
