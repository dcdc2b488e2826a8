import { BufferSource, FLAC, Input, MP3, MP4, OGG, QTFF, WAVE } from 'mediabunny'
import { MediaFault } from '../fault.ts'

export interface AudioFacts {
  readonly durationMs: number
  readonly sampleRate: number
  readonly channels: number
}

const INVALID = 2013

/** What an uploaded mp3, m4a, wav, flac or ogg says of itself. Nothing is decoded. */
export async function readAudio(bytes: Uint8Array): Promise<AudioFacts> {
  const input = new Input({ source: new BufferSource(bytes), formats: [MP3, MP4, QTFF, WAVE, FLAC, OGG] })
  try {
    const track = await input.getPrimaryAudioTrack()
    if (track === null) throw new Error('no audio track')
    const seconds = await track.computeDuration()
    return {
      durationMs: Math.round(seconds * 1000),
      sampleRate: track.sampleRate,
      channels: track.numberOfChannels,
    }
  } catch {
    throw new MediaFault(INVALID, 'invalid params, the file is no audio in mp3, m4a, wav, flac or ogg')
  } finally {
    input.dispose()
  }
}
