import type { AudioEncoder } from './encoder.ts'
import { toInt16 } from './pcm.ts'
import type { AudioSpec } from './spec.ts'

const HEAD_BYTES = 44
const UNKNOWN_BYTES = 0xffff_ffff
const TAG = { pcm: 1, mulaw: 7 }

/** Samples one after the other, with or without the RIFF head: `pcm`, `wav`, `pcmu_raw`, `pcmu_wav`. */
export function createRiff(spec: AudioSpec): AudioEncoder {
  const isMulaw = spec.format.startsWith('pcmu')
  const withHead = spec.format.endsWith('wav')
  const sampleBytes = isMulaw ? 1 : 2
  let bytes = 0
  let begun = false
  const withFirst = (data: Uint8Array): Uint8Array => {
    bytes += data.length
    const first = withHead && !begun
    begun = true
    // A stream cannot know its length; readers take this as "to the end".
    return first ? Buffer.concat([riffHead(spec, sampleBytes, UNKNOWN_BYTES), data]) : data
  }
  return {
    add(pcm) {
      const samples = toInt16(pcm)
      return withFirst(isMulaw ? samples16ToMulaw(samples) : new Uint8Array(samples.buffer))
    },
    end: () => withFirst(new Uint8Array(0)),
    head: () => (withHead ? riffHead(spec, sampleBytes, bytes) : undefined),
    durationMs: () => (bytes * 1000) / (sampleBytes * spec.channels * spec.sampleRate),
  }
}

function riffHead({ sampleRate, channels }: AudioSpec, sampleBytes: number, dataBytes: number): Uint8Array {
  const head = Buffer.alloc(HEAD_BYTES)
  head.write('RIFF', 0, 'latin1')
  head.writeUInt32LE(Math.min(UNKNOWN_BYTES, dataBytes + HEAD_BYTES - 8), 4)
  head.write('WAVEfmt ', 8, 'latin1')
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(sampleBytes === 1 ? TAG.mulaw : TAG.pcm, 20)
  head.writeUInt16LE(channels, 22)
  head.writeUInt32LE(sampleRate, 24)
  head.writeUInt32LE(sampleRate * channels * sampleBytes, 28)
  head.writeUInt16LE(channels * sampleBytes, 32)
  head.writeUInt16LE(sampleBytes * 8, 34)
  head.write('data', 36, 'latin1')
  head.writeUInt32LE(dataBytes, 40)
  return head
}

const BIAS = 132
const CLIP = 32_635

/** ITU-T G.711: sign, three bits of exponent, four of mantissa, all inverted. */
function samples16ToMulaw(samples: Int16Array): Uint8Array {
  return Uint8Array.from(samples, (sample) => {
    const sign = sample < 0 ? 0x80 : 0
    const biased = Math.min(Math.abs(sample), CLIP) + BIAS
    const exponent = 24 - Math.clz32(biased)
    return ~(sign | (exponent << 4) | ((biased >> (exponent + 3)) & 0x0f))
  })
}
