import { createRequire } from 'node:module'
import type { AudioEncoder } from './encoder.ts'
import { createOgg, type OggPacket } from './ogg.ts'
import { toInt16 } from './pcm.ts'
import type { AudioSpec } from './spec.ts'

interface OpusEncoder {
  ctl(command: number, value: number): number
  encode(samples: Uint8Array): Uint8Array
  /** Gives its memory back. */
  drop(): void
}

interface OpusEncoderKind {
  new (options: { channels: number; sample_rate: number; application: 'audio' }): OpusEncoder
}

// The wasm part by its own name: the native one takes the whole process with it when its thread ends.
const require = createRequire(import.meta.url)
const { Encoder } = require('@evan/opus/wasm/index.js') as { readonly Encoder: OpusEncoderKind }

/** RFC 7845: positions are counted at this rate, whatever the encoder is fed. */
const GRANULE_RATE = 48_000
/** The encoder's look-ahead at that rate: what a player drops before the first sample. */
const PRE_SKIP = 312
const FRAMES_PER_SECOND = 50
const SET_BITRATE = 4002

/** Ogg Opus. The last packet waits for the end, because the page it is on says where the sound ends. */
export function createOpus({ sampleRate, channels, bitrate }: AudioSpec): AudioEncoder {
  const encoder = new Encoder({ channels, sample_rate: sampleRate, application: 'audio' })
  encoder.ctl(SET_BITRATE, bitrate)
  const ogg = createOgg()
  const frameSize = (sampleRate / FRAMES_PER_SECOND) * channels
  const perGranule = GRANULE_RATE / sampleRate
  let held = new Int16Array(0)
  let samples = 0
  let packets = 0
  let waiting: OggPacket | undefined
  const drain = (): OggPacket[] => {
    const ready: OggPacket[] = []
    let at = 0
    for (; at + frameSize <= held.length; at += frameSize) {
      const frame = held.slice(at, at + frameSize)
      packets += 1
      if (waiting !== undefined) ready.push(waiting)
      const data = encoder.encode(new Uint8Array(frame.buffer))
      waiting = { data, granule: (packets * GRANULE_RATE) / FRAMES_PER_SECOND }
    }
    held = held.slice(at)
    return ready
  }
  const hold = (more: Int16Array) => {
    const joined = new Int16Array(held.length + more.length)
    joined.set(held)
    joined.set(more, held.length)
    held = joined
  }
  const first = () => (packets === 0 ? headPages(ogg, channels, sampleRate) : [])
  return {
    add(pcm) {
      const more = toInt16(pcm)
      const head = samples === 0 && more.length > 0 ? first() : []
      samples += more.length / channels
      hold(more)
      return Buffer.concat([...head, ...ogg.pages(drain())])
    },
    end() {
      const head = samples === 0 ? first() : []
      const granule = PRE_SKIP + Math.round(samples * perGranule)
      const needed = Math.ceil((granule * FRAMES_PER_SECOND) / GRANULE_RATE)
      hold(new Int16Array(Math.max(0, (needed - packets) * frameSize - held.length)))
      const ready = drain()
      const last = waiting === undefined ? [] : [{ ...waiting, granule }]
      encoder.drop()
      return Buffer.concat([...head, ...ogg.pages([...ready, ...last], true)])
    },
    head: () => undefined,
    durationMs: () => (samples * 1000) / sampleRate,
  }
}

const VENDOR = 'tokenplan sandbox'

function headPages(ogg: ReturnType<typeof createOgg>, channels: number, sampleRate: number): Uint8Array[] {
  const head = Buffer.alloc(19)
  head.write('OpusHead', 0, 'latin1')
  head[8] = 1
  head[9] = channels
  head.writeUInt16LE(PRE_SKIP, 10)
  head.writeUInt32LE(sampleRate, 12)
  const tags = Buffer.alloc(16 + VENDOR.length)
  tags.write('OpusTags', 0, 'latin1')
  tags.writeUInt32LE(VENDOR.length, 8)
  tags.write(VENDOR, 12, 'latin1')
  return [...ogg.pages([{ data: head, granule: 0 }]), ...ogg.pages([{ data: tags, granule: 0 }])]
}
