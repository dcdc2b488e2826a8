import { registerAacEncoder } from '@mediabunny/aac-encoder'
import h264, { type H264MP4Encoder } from 'h264-mp4-encoder'
import {
  ALL_FORMATS,
  AudioSample,
  AudioSampleSource,
  BufferSource,
  BufferTarget,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  Input,
  Mp4OutputFormat,
  Output,
} from 'mediabunny'
import type { Pcm } from '../audio/pcm.ts'
import { createYuv } from './yuv.ts'

export interface Reel {
  readonly width: number
  readonly height: number
  readonly framesPerSecond: number
}

/** Takes pictures one by one, so that only one is in memory. */
export interface FilmEncoder {
  /** RGBA, row by row. */
  add(pixels: Uint8Array): void
  /** The film with its sound, as an MP4 that plays while it loads. */
  end(sound: Pcm): Promise<Uint8Array>
  close(): void
}

const SPEED = 10
const QUANTISER = 26
const KEY_FRAME_SECONDS = 2
const AUDIO_BITRATE = 128_000
/** HD without a word about its colours is read as this, so it is written as this, and the file says so. */
const COLOURS = { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false } as const

let registered = false

export async function openFilm(reel: Reel): Promise<FilmEncoder> {
  const encoder = await h264.createH264MP4Encoder()
  encoder.width = reel.width
  encoder.height = reel.height
  encoder.frameRate = reel.framesPerSecond
  encoder.speed = SPEED
  encoder.quantizationParameter = QUANTISER
  encoder.groupOfPictures = reel.framesPerSecond * KEY_FRAME_SECONDS
  encoder.initialize()
  const toYuv = createYuv(reel.width, reel.height)
  return {
    add: (pixels) => encoder.addFrameYuv(toYuv(pixels)),
    end: (sound) => mux(takeSilentFilm(encoder), reel, sound),
    close: () => encoder.delete(),
  }
}

function takeSilentFilm(encoder: H264MP4Encoder): Uint8Array<ArrayBuffer> {
  encoder.finalize()
  const film = encoder.FS.readFile(encoder.outputFilename)
  // All encoders of a thread share this file system.
  encoder.FS.unlink(encoder.outputFilename)
  return new Uint8Array(film)
}

async function mux(
  film: Uint8Array<ArrayBuffer>,
  { framesPerSecond }: Reel,
  sound: Pcm,
): Promise<Uint8Array> {
  if (!registered) registerAacEncoder()
  registered = true
  const input = new Input({ source: new BufferSource(film), formats: ALL_FORMATS })
  const track = await input.getPrimaryVideoTrack()
  const config = await track?.getDecoderConfig()
  if (track === null || config === null || config === undefined) throw new Error('the film has no pictures')
  const target = new BufferTarget()
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: 'in-memory' }), target })
  const pictures = new EncodedVideoPacketSource('avc')
  const audio = new AudioSampleSource({ codec: 'aac', bitrate: AUDIO_BITRATE })
  output.addVideoTrack(pictures, { frameRate: framesPerSecond })
  output.addAudioTrack(audio)
  await output.start()
  const decoderConfig = { ...config, colorSpace: COLOURS }
  for await (const packet of new EncodedPacketSink(track).packets())
    await pictures.add(packet, { decoderConfig })
  const sample = sampleOf(sound)
  await audio.add(sample)
  sample.close()
  await output.finalize()
  if (target.buffer === null) throw new Error('the film was not written')
  return new Uint8Array(target.buffer)
}

function sampleOf({ channels, sampleRate }: Pcm): AudioSample {
  const length = channels[0]?.length ?? 0
  const data = new Float32Array(length * channels.length)
  for (const [at, channel] of channels.entries()) data.set(channel, at * length)
  return new AudioSample({
    data,
    format: 'f32-planar',
    numberOfChannels: channels.length,
    sampleRate,
    timestamp: 0,
  })
}
