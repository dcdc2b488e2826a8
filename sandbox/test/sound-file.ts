/** What the heads of a file say, read by other code than wrote them. */
export interface SoundFacts {
  readonly format: string
  readonly sampleRate: number
  readonly channels: number
  readonly durationMs: number
}

export function factsOf(bytes: Uint8Array): SoundFacts {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const magic = buffer.toString('latin1', 0, 4)
  if (magic === 'RIFF') return wavFacts(buffer)
  if (magic === 'fLaC') return flacFacts(buffer)
  if (magic === 'OggS') return opusFacts(buffer)
  return mp3Facts(buffer)
}

function wavFacts(file: Buffer): SoundFacts {
  if (file.readUInt32LE(4) !== file.length - 8 || file.readUInt32LE(40) !== file.length - 44) {
    throw new Error('the sizes of the WAV do not fit')
  }
  const tag = file.readUInt16LE(20)
  return {
    format: tag === 1 ? 'wav' : tag === 7 ? 'pcmu_wav' : `tag ${tag}`,
    sampleRate: file.readUInt32LE(24),
    channels: file.readUInt16LE(22),
    durationMs: ((file.length - 44) * 1000) / file.readUInt32LE(28),
  }
}

function flacFacts(file: Buffer): SoundFacts {
  const packed = file.readUInt32BE(18)
  const sampleRate = packed >>> 12
  if (file.readUInt16BE(42) !== 0xfff8) throw new Error('no FLAC frame after the head')
  return {
    format: 'flac',
    sampleRate,
    channels: ((packed >> 9) & 7) + 1,
    durationMs: (file.readUInt32BE(22) * 1000) / sampleRate,
  }
}

/** Walks over the pages; the last one says where the sound ends. */
function opusFacts(file: Buffer): SoundFacts {
  let granule = 0n
  let ends = false
  for (let at = 0; at < file.length; ) {
    if (file.toString('latin1', at, at + 4) !== 'OggS') throw new Error(`no page at ${at}`)
    granule = file.readBigUInt64LE(at + 6)
    ends = (file.readUInt8(at + 5) & 4) !== 0
    const segments = file.readUInt8(at + 26)
    const body = file.subarray(at + 27, at + 27 + segments).reduce((sum, size) => sum + size, 0)
    at += 27 + segments + body
  }
  if (!ends) throw new Error('the stream has no end')
  const head = file.indexOf('OpusHead')
  return {
    format: 'opus',
    sampleRate: file.readUInt32LE(head + 12),
    channels: file.readUInt8(head + 9),
    durationMs: Number(granule - BigInt(file.readUInt16LE(head + 10))) / 48,
  }
}

const MPEG1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
const MPEG2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]

function mp3Facts(file: Buffer): SoundFacts {
  let frames = 0
  let sampleRate = 0
  let samples = 0
  for (let at = 0; at < file.length; frames += 1) {
    const head = file.readUInt32BE(at)
    if (head >>> 21 !== 0x7ff) throw new Error(`no frame at ${at}`)
    const version = (head >> 19) & 3
    sampleRate = ([44_100, 48_000, 32_000][(head >> 10) & 3] ?? 0) / ([4, 0, 2, 1][version] ?? 0)
    samples = version === 3 ? 1152 : 576
    const kbps = (version === 3 ? MPEG1 : MPEG2)[(head >> 12) & 15] ?? 0
    at += Math.floor((samples * kbps * 125) / sampleRate) + ((head >> 9) & 1)
  }
  return {
    format: 'mp3',
    sampleRate,
    channels: ((file.readUInt32BE(0) >> 6) & 3) === 3 ? 1 : 2,
    durationMs: (frames * samples * 1000) / sampleRate,
  }
}
