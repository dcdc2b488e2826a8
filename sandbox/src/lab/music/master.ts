import type { Pcm } from '../audio/pcm.ts'

/** About as loud as a streamed song: -18 dB of full scale on average. */
const LOUDNESS = 0.126
/** Above this the peaks are bent, and none of them gets to full scale. */
const KNEE = 0.55
const CEILING = 0.9
const FADE_IN_MS = 5

/** Evens out the loudness, rounds the peaks off and fades out. The sound is changed in place. */
export function master({ sampleRate, channels }: Pcm, fadeOutMs: number): Pcm {
  const length = channels[0]?.length ?? 0
  const energy = channels.reduce((sum, samples) => sum + samples.reduce((part, x) => part + x * x, 0), 0)
  const loudness = Math.sqrt(energy / Math.max(1, length * channels.length))
  const gain = loudness === 0 ? 0 : LOUDNESS / loudness
  const fadeIn = (FADE_IN_MS * sampleRate) / 1000
  const fadeOut = (fadeOutMs * sampleRate) / 1000
  for (const samples of channels) {
    for (let i = 0; i < length; i += 1) {
      const fade = Math.min(1, i / fadeIn, (length - 1 - i) / fadeOut)
      samples[i] = rounded((samples[i] ?? 0) * gain) * fade * fade
    }
  }
  return { sampleRate, channels }
}

function rounded(sample: number): number {
  const size = Math.abs(sample)
  if (size <= KNEE) return sample
  return Math.sign(sample) * (KNEE + (CEILING - KNEE) * Math.tanh((size - KNEE) / (CEILING - KNEE)))
}
