export type PictureType = 'jpeg' | 'png' | 'webp'

export interface PictureHeader {
  readonly type: PictureType
  readonly width: number
  readonly height: number
}

/** Type and size from the first bytes of a picture; undefined for what is none of the three. */
export function readPictureHeader(bytes: Uint8Array): PictureHeader | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const header = readPng(view) ?? readWebp(view) ?? readJpeg(view)
  return header !== undefined && header.width > 0 && header.height > 0 ? header : undefined
}

const PNG_MAGIC = Buffer.from('89504e470d0a1a0a', 'hex')

function readPng(view: Buffer): PictureHeader | undefined {
  const isPng = view.length >= 24 && view.subarray(0, 8).equals(PNG_MAGIC)
  return isPng ? { type: 'png', width: view.readUInt32BE(16), height: view.readUInt32BE(20) } : undefined
}

/** A lossy, a lossless and an extended file say their size in three ways. */
function readWebp(view: Buffer): PictureHeader | undefined {
  if (view.length < 30 || view.toString('latin1', 0, 4) !== 'RIFF') return undefined
  if (view.toString('latin1', 8, 12) !== 'WEBP') return undefined
  const kind = view.toString('latin1', 12, 16)
  if (kind === 'VP8X') {
    return { type: 'webp', width: view.readUIntLE(24, 3) + 1, height: view.readUIntLE(27, 3) + 1 }
  }
  if (kind === 'VP8L') {
    const bits = view.readUInt32LE(21)
    return { type: 'webp', width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
  }
  if (kind !== 'VP8 ') return undefined
  return { type: 'webp', width: view.readUInt16LE(26) & 0x3fff, height: view.readUInt16LE(28) & 0x3fff }
}

/** Segment by segment to the one that starts a frame. */
function readJpeg(view: Buffer): PictureHeader | undefined {
  if (view.length < 4 || view.readUInt16BE(0) !== 0xffd8) return undefined
  let at = 2
  while (at + 9 < view.length) {
    if (view[at] !== 0xff) return undefined
    const marker = view[at + 1] ?? 0
    if (marker === 0xff) at += 1
    else if (startsFrame(marker)) {
      return { type: 'jpeg', height: view.readUInt16BE(at + 5), width: view.readUInt16BE(at + 7) }
    } else at += 2 + view.readUInt16BE(at + 2)
  }
  return undefined
}

/** C4, C8 and CC have another meaning. */
function startsFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
}
