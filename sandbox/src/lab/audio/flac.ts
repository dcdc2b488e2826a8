import { type BitWriter, createBitWriter } from './bits.ts'
import { createChecksum } from './checksum.ts'
import type { AudioEncoder } from './encoder.ts'
import { toInt16 } from './pcm.ts'
import type { AudioSpec } from './spec.ts'

/** FLAC as RFC 9639 has it: blocks of one size, the fixed predictors, Rice codes. */
const BLOCK = 4096
const SAMPLE_BITS = 16
const HEAD_BYTES = 42

export function createFlac(spec: AudioSpec): AudioEncoder {
  let held = new Int16Array(0)
  let samples = 0
  let frames = 0
  let begun = false
  const take = (interleaved: Int16Array): Uint8Array => {
    const block = Array.from({ length: spec.channels }, (_, at) =>
      Int32Array.from({ length: interleaved.length / spec.channels }, (_, i) => {
        return interleaved[i * spec.channels + at] ?? 0
      }),
    )
    samples += interleaved.length / spec.channels
    frames += 1
    return frameOf(block, frames - 1, spec.sampleRate)
  }
  const drain = (isLast: boolean): Uint8Array => {
    const parts: Uint8Array[] = begun ? [] : [headOf(spec, 0)]
    begun = true
    const step = BLOCK * spec.channels
    let at = 0
    for (; at + step <= held.length; at += step) parts.push(take(held.subarray(at, at + step)))
    if (isLast && at < held.length) parts.push(take(held.subarray(at)))
    held = isLast ? new Int16Array(0) : held.slice(at)
    return Buffer.concat(parts)
  }
  return {
    add(pcm) {
      const more = toInt16(pcm)
      const joined = new Int16Array(held.length + more.length)
      joined.set(held)
      joined.set(more, held.length)
      held = joined
      return drain(false)
    },
    end: () => drain(true),
    head: () => headOf(spec, samples),
    durationMs: () => (samples * 1000) / spec.sampleRate,
  }
}

/** `fLaC` and STREAMINFO; a length, a frame size or a digest of zero means "not known". */
function headOf({ sampleRate, channels }: AudioSpec, samples: number): Uint8Array {
  const head = Buffer.alloc(HEAD_BYTES)
  head.write('fLaC', 0, 'latin1')
  // The last block of metadata, type 0, 34 bytes.
  head.writeUInt32BE(0x8000_0022, 4)
  head.writeUInt16BE(BLOCK, 8)
  head.writeUInt16BE(BLOCK, 10)
  const format = (sampleRate << 12) | ((channels - 1) << 9) | ((SAMPLE_BITS - 1) << 4)
  head.writeUInt32BE((format | Math.floor(samples / 2 ** 32)) >>> 0, 18)
  head.writeUInt32BE(samples % 2 ** 32, 22)
  return head
}

const crc8 = createChecksum(8, 0x07)
const crc16 = createChecksum(16, 0x8005)
const RATE_CODES: Readonly<Record<number, number>> = {
  8000: 4,
  16000: 5,
  22050: 6,
  24000: 7,
  32000: 8,
  44100: 9,
  48000: 10,
}

const LEFT_AND_SIDE = 8

function frameOf(block: readonly Int32Array[], frame: number, sampleRate: number): Uint8Array {
  const [left = new Int32Array(0), right] = block
  const side = right?.map((sample, i) => (left[i] ?? 0) - sample)
  const withSide = right !== undefined && side !== undefined && weight(side) < weight(right)
  const isWhole = left.length === BLOCK
  const bits = createBitWriter()
  bits.put(0xfff8, 16)
  bits.put(isWhole ? 12 : 7, 4)
  bits.put(RATE_CODES[sampleRate] ?? 0, 4)
  bits.put(withSide ? LEFT_AND_SIDE : block.length - 1, 4)
  bits.put(4, 3)
  bits.put(0, 1)
  putNumber(bits, frame)
  if (!isWhole) bits.put(left.length - 1, 16)
  bits.put(crc8(bits.bytes()), 8)
  putSubframe(bits, left, SAMPLE_BITS)
  // The difference of two samples needs one bit more.
  if (withSide) putSubframe(bits, side, SAMPLE_BITS + 1)
  else if (right !== undefined) putSubframe(bits, right, SAMPLE_BITS)
  bits.align()
  bits.put(crc16(bits.bytes()), 16)
  return bits.bytes()
}

/** As UTF-8 writes a code point, but up to 31 bits. */
function putNumber(bits: BitWriter, value: number): void {
  if (value < 0x80) {
    bits.put(value, 8)
    return
  }
  let more = 1
  while (value >= 2 ** (6 + 5 * more)) more += 1
  const mark = (0xff00 >> (more + 1)) & 0xff
  bits.put(mark | Math.floor(value / 2 ** (6 * more)), 8)
  for (let i = more - 1; i >= 0; i -= 1) bits.put(0x80 | (Math.floor(value / 2 ** (6 * i)) & 0x3f), 8)
}

const MAX_ORDER = 4

function putSubframe(bits: BitWriter, samples: Int32Array, sampleBits: number): void {
  const [first = 0] = samples
  if (samples.every((sample) => sample === first)) {
    bits.put(0, 8)
    bits.put(first, sampleBits)
    return
  }
  const { order, residual } = bestPredictor(samples)
  bits.put((8 | order) << 1, 8)
  for (const sample of samples.subarray(0, order)) bits.put(sample, sampleBits)
  putResidual(bits, residual, { order, blockSize: samples.length })
}

/** Each order's residual is the difference of the one before; the smallest wins. */
function bestPredictor(samples: Int32Array): { order: number; residual: Int32Array } {
  let residual = samples
  let best = { order: 0, residual }
  let least = weight(samples)
  for (let order = 1; order <= Math.min(MAX_ORDER, samples.length - 1); order += 1) {
    const before = residual
    residual = before.subarray(1).map((sample, i) => sample - (before[i] ?? 0))
    const sum = weight(residual)
    if (sum < least) {
      least = sum
      best = { order, residual }
    }
  }
  return best
}

const PARTITION_ORDER = 3
const MAX_RICE = 14

function putResidual(
  bits: BitWriter,
  residual: Int32Array,
  { order, blockSize }: { readonly order: number; readonly blockSize: number },
): void {
  const partitionOrder = blockSize === BLOCK ? PARTITION_ORDER : 0
  bits.put(partitionOrder, 6)
  const size = blockSize >> partitionOrder
  for (let start = 0; start < residual.length; ) {
    const end = start === 0 ? size - order : start + size
    const part = residual.subarray(start, end)
    const parameter = riceOf(part)
    bits.put(parameter, 4)
    for (const value of part) putRice(bits, value, parameter)
    start = end
  }
}

/** The power of two next to the mean. */
function riceOf(part: Int32Array): number {
  const mean = (2 * weight(part)) / Math.max(1, part.length)
  return Math.max(0, Math.min(MAX_RICE, Math.ceil(Math.log2(mean + 1)) - 1))
}

function putRice(bits: BitWriter, value: number, parameter: number): void {
  const folded = value >= 0 ? value * 2 : -value * 2 - 1
  bits.zeros(folded >>> parameter)
  bits.put(1, 1)
  if (parameter > 0) bits.put(folded, parameter)
}

function weight(samples: Int32Array): number {
  let sum = 0
  for (const sample of samples) sum += Math.abs(sample)
  return sum
}
