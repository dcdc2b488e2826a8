import { type Pcm, resample, silence } from '../audio/pcm.ts'
import { speak } from './flite.ts'
import { gainOf, type Timbre } from './timbre.ts'

export interface Manner {
  readonly timbre: Timbre
  /** 1 is as the voice speaks; 2 twice as fast. */
  readonly speed: number
  /** 1 is as the voice speaks. */
  readonly volume: number
  readonly semitones: number
}

const SHORTEST_MS = 200
const SAMPLE_RATE = 16_000
/** Rates that are multiples of this need but small filters; a hundredth of a tone more or less is not heard. */
const RATE_STEP = 100

/** One sentence, mono. Text without any sound gives a moment of silence, so that there always is a file. */
export async function say(spelled: string, { timbre, speed, volume, semitones }: Manner): Promise<Pcm> {
  if (!/[a-z0-9]/i.test(spelled)) return silence(SAMPLE_RATE, SHORTEST_MS)
  const wanted = 2 ** ((timbre.semitones + semitones) / 12)
  const slowerRate = Math.round(SAMPLE_RATE / wanted / RATE_STEP) * RATE_STEP
  const ratio = SAMPLE_RATE / slowerRate
  const spoken = await speak(spelled, timbre.base, (timbre.stretch / speed) * ratio)
  if (spoken === undefined) return silence(SAMPLE_RATE, SHORTEST_MS)
  // Said that much slower and played that much faster: the pitch moves, the length stays.
  const { channels } = resample(resample(spoken, SAMPLE_RATE), slowerRate)
  return {
    sampleRate: SAMPLE_RATE,
    channels: channels.map((one) => louder(one, volume * gainOf[timbre.base])),
  }
}

const KNEE = 0.8

/** Bends what would be clipped. */
function louder(samples: Float32Array, gain: number): Float32Array {
  return samples.map((sample) => {
    const loud = sample * gain
    const over = Math.abs(loud) - KNEE
    return over <= 0 ? loud : Math.sign(loud) * (KNEE + (1 - KNEE) * Math.tanh(over / (1 - KNEE)))
  })
}
