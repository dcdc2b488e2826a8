/** Sound as the makers have it: one array of samples from -1 to 1 for each channel, all of one length. */
export interface Pcm {
  readonly sampleRate: number
  readonly channels: readonly Float32Array[]
}

export function samplesOf(pcm: Pcm): number {
  return pcm.channels[0]?.length ?? 0
}

export function durationMsOf(pcm: Pcm): number {
  return (samplesOf(pcm) * 1000) / pcm.sampleRate
}

export function silence(sampleRate: number, durationMs: number): Pcm {
  return { sampleRate, channels: [new Float32Array(Math.round((sampleRate * durationMs) / 1000))] }
}

export function toChannels(pcm: Pcm, count: 1 | 2): Pcm {
  const { sampleRate, channels } = pcm
  const [left = new Float32Array(0), right] = channels
  if (channels.length === count) return pcm
  if (count === 2) return { sampleRate, channels: [left, right ?? left] }
  const mixed = new Float32Array(left.length)
  for (const channel of channels) {
    for (let i = 0; i < mixed.length; i += 1) mixed[i] = (mixed[i] ?? 0) + (channel[i] ?? 0) / channels.length
  }
  return { sampleRate, channels: [mixed] }
}

export function resample(pcm: Pcm, sampleRate: number): Pcm {
  if (pcm.sampleRate === sampleRate) return pcm
  const bank = bankFor(pcm.sampleRate, sampleRate)
  return { sampleRate, channels: pcm.channels.map((channel) => filtered(channel, bank)) }
}

/** Samples of 16 bits, the channels interleaved. */
export function toInt16({ channels }: Pcm): Int16Array {
  const length = channels[0]?.length ?? 0
  const out = new Int16Array(length * channels.length)
  channels.forEach((channel, at) => {
    for (let i = 0; i < length; i += 1) {
      const sample = Math.max(-1, Math.min(1, channel[i] ?? 0))
      out[i * channels.length + at] = Math.round(sample * 32_767)
    }
  })
  return out
}

/** A low-pass filter for each of the places at which a new sample may fall between two old ones. */
interface Bank {
  readonly up: number
  readonly down: number
  readonly half: number
  readonly phases: readonly Float32Array[]
}

/** Zero crossings of the filter on each side; 16 keep what is folded back below 16-bit noise. */
const CROSSINGS = 16
/** Of the narrower band: leaves room for the filter's slope. */
const PASSED = 0.92
const MAX_BANKS = 8
const banks = new Map<string, Bank>()

function bankFor(from: number, to: number): Bank {
  const name = `${from} ${to}`
  const known = banks.get(name)
  if (known !== undefined) return known
  const divisor = gcd(from, to)
  const cutoff = Math.min(1, to / from) * PASSED
  const half = Math.ceil(CROSSINGS / cutoff)
  const up = to / divisor
  const phases = Array.from({ length: up }, (_, phase) => tapsAt(phase / up, half, cutoff))
  const bank = { up, down: from / divisor, half, phases }
  if (banks.size >= MAX_BANKS) banks.clear()
  banks.set(name, bank)
  return bank
}

function tapsAt(offset: number, half: number, cutoff: number): Float32Array {
  const taps = Float32Array.from({ length: 2 * half }, (_, i) => {
    const x = i - half + 1 - offset
    const window = 0.5 + 0.5 * Math.cos((Math.PI * x) / half)
    return cutoff * sinc(cutoff * x) * (Math.abs(x) < half ? window : 0)
  })
  const sum = taps.reduce((total, tap) => total + tap, 0)
  return taps.map((tap) => tap / sum)
}

/** Millions of products: the edges are padded, so that the inner loop has nothing to check. */
function filtered(samples: Float32Array, { up, down, half, phases }: Bank): Float32Array {
  const padded = new Float32Array(samples.length + 2 * half)
  padded.set(samples, half - 1)
  const out = new Float32Array(Math.ceil((samples.length * up) / down))
  const length = 2 * half
  for (let i = 0; i < out.length; i += 1) {
    const place = i * down
    const first = Math.floor(place / up)
    const taps = phases[place % up] as Float32Array
    let sum = 0
    for (let tap = 0; tap < length; tap += 1) sum += (taps[tap] as number) * (padded[first + tap] as number)
    out[i] = sum
  }
  return out
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}
