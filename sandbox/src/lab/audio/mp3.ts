import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createEncoder } from 'wasm-media-encoders'
import type { AudioEncoder } from './encoder.ts'
import type { AudioSpec } from './spec.ts'

/** MPEG-1 layer III has 1152 samples in a frame; the half rates of MPEG-2 have 576. */
const LOWEST_MPEG1_RATE = 32_000

let compiled: Promise<WebAssembly.Module> | undefined

async function compile(): Promise<WebAssembly.Module> {
  const file = createRequire(import.meta.url).resolve('wasm-media-encoders/wasm/mp3')
  return WebAssembly.compile(await readFile(file))
}

/** A bitrate too high for a low rate is lowered to what that rate can have (64,000 at 8 kHz). */
export async function createMp3({ sampleRate, channels, bitrate }: AudioSpec): Promise<AudioEncoder> {
  compiled ??= compile()
  const lame = await createEncoder('audio/mpeg', await compiled)
  // Without the output rate LAME would choose a lower one where bits are few.
  type Params = Parameters<typeof lame.configure>[0]
  const wanted = { sampleRate, channels, bitrate: bitrate / 1000, outputSampleRate: sampleRate }
  lame.configure(wanted as Params)
  const frameSamples = sampleRate >= LOWEST_MPEG1_RATE ? 1152 : 576
  const frames = createFrameCounter(frameSamples)
  const counted = (bytes: Uint8Array): Uint8Array => {
    // The encoder hands out a view of its own memory.
    const copy = bytes.slice()
    frames.count(copy)
    return copy
  }
  return {
    add: (pcm) => counted(lame.encode(pcm.channels)),
    end: () => counted(lame.finalize()),
    head: () => undefined,
    durationMs: () => (frames.total() * frameSamples * 1000) / sampleRate,
  }
}

const KBPS_MPEG1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
const KBPS_MPEG2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]
const RATES_MPEG1 = [44_100, 48_000, 32_000]

/** Walks from frame head to frame head, which may lie across two parts. */
function createFrameCounter(frameSamples: number) {
  let rest: Uint8Array = new Uint8Array(0)
  let skip = 0
  let total = 0
  return {
    count(part: Uint8Array): void {
      const bytes = rest.length === 0 ? part : Buffer.concat([rest, part])
      let at = skip
      while (at + 4 <= bytes.length) {
        at += frameBytes(bytes, at, frameSamples)
        total += 1
      }
      skip = Math.max(0, at - bytes.length)
      rest = bytes.slice(Math.min(at, bytes.length))
    },
    total: () => total,
  }
}

function frameBytes(bytes: Uint8Array, at: number, frameSamples: number): number {
  const version = ((bytes[at + 1] ?? 0) >> 3) & 3
  const second = bytes[at + 2] ?? 0
  const kbps = (version === 3 ? KBPS_MPEG1 : KBPS_MPEG2)[second >> 4] ?? 0
  // Version bits: 3 is MPEG-1, 2 is half of its rates, 0 a quarter.
  const rate = (RATES_MPEG1[(second >> 2) & 3] ?? 0) / (version === 3 ? 1 : version === 2 ? 2 : 4)
  return Math.max(4, Math.floor((frameSamples * kbps * 125) / rate) + ((second >> 1) & 1))
}
