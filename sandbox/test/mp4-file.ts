/** What the boxes of an MP4 say. */
export interface FilmFacts {
  /** The top level, in order. */
  readonly boxes: readonly string[]
  /** Of the sample descriptions: `avc1`, `mp4a`. */
  readonly codecs: readonly string[]
  readonly width: number
  readonly height: number
  readonly durationMs: number
  readonly frames: number
}

const HOUSES = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl'])

export function filmFactsOf(bytes: Uint8Array): FilmFacts {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const all = [...boxesOf(file)]
  const bodies = (type: string) => all.filter((box) => box.type === type).map((box) => box.body)
  const [movie = Buffer.alloc(0)] = bodies('mvhd')
  const isLong = movie[0] === 1
  const duration = isLong ? Number(movie.readBigUInt64BE(24)) : movie.readUInt32BE(16)
  const pictures = bodies('tkhd').map((body) => [
    body.readUInt32BE(body.length - 8) >> 16,
    body.readUInt32BE(body.length - 4) >> 16,
  ])
  const [width = 0, height = 0] = pictures.find(([wide]) => wide !== 0) ?? []
  return {
    boxes: all.filter(({ depth }) => depth === 0).map(({ type }) => type),
    codecs: bodies('stsd').map((body) => body.toString('latin1', 12, 16)),
    width,
    height,
    durationMs: (duration * 1000) / movie.readUInt32BE(isLong ? 20 : 12),
    frames: bodies('stsz')[0]?.readUInt32BE(8) ?? 0,
  }
}

interface Box {
  readonly type: string
  readonly depth: number
  readonly body: Buffer
}

function* boxesOf(file: Buffer, depth = 0): Generator<Box> {
  for (let at = 0; at < file.length; ) {
    const size = file.readUInt32BE(at)
    const type = file.toString('latin1', at + 4, at + 8)
    if (size < 8 || at + size > file.length) throw new Error(`the size of ${type} does not fit`)
    const body = file.subarray(at + 8, at + size)
    yield { type, depth, body }
    if (HOUSES.has(type)) yield* boxesOf(body, depth + 1)
    at += size
  }
}
