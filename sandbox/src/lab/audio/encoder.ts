import { createFlac } from './flac.ts'
import { createMp3 } from './mp3.ts'
import { createOpus } from './opus.ts'
import { type Pcm, resample, toChannels } from './pcm.ts'
import { createRiff } from './riff.ts'
import { type AudioSpec, rateOf } from './spec.ts'

/** Encodes sound that comes in parts, each resampled and mixed to what the file has. */
export interface AudioEncoder {
  /** What of the file is ready; may be empty. */
  add(pcm: Pcm): Uint8Array
  end(): Uint8Array
  /** After the end: the first bytes of the file as they are once its length is known. */
  head(): Uint8Array | undefined
  /** Of the file, after the end. */
  durationMs(): number
}

export interface EncodedAudio {
  readonly bytes: Uint8Array
  readonly durationMs: number
}

export async function openEncoder(spec: AudioSpec): Promise<AudioEncoder> {
  const sampleRate = rateOf(spec)
  const encoder = await createEncoder({ ...spec, sampleRate })
  return {
    ...encoder,
    add: (pcm) => encoder.add(toChannels(resample(pcm, sampleRate), spec.channels)),
  }
}

export async function encodeAudio(pcm: Pcm, spec: AudioSpec): Promise<EncodedAudio> {
  const encoder = await openEncoder(spec)
  const parts = [encoder.add(pcm), encoder.end()]
  return { bytes: wholeFile(parts, encoder), durationMs: encoder.durationMs() }
}

/** The parts in one, with the head that they could not have yet. */
export function wholeFile(parts: readonly Uint8Array[], encoder: AudioEncoder): Uint8Array {
  const bytes = new Uint8Array(Buffer.concat(parts))
  bytes.set(encoder.head() ?? [], 0)
  return bytes
}

async function createEncoder(spec: AudioSpec): Promise<AudioEncoder> {
  switch (spec.format) {
    case 'mp3':
      return createMp3(spec)
    case 'flac':
      return createFlac(spec)
    case 'opus':
      return createOpus(spec)
    default:
      return createRiff(spec)
  }
}
