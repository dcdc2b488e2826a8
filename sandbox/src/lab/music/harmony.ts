import type { Dice } from './dice.ts'

/** Scales in semitones above the tonic. */
const SCALES = {
  major: [0, 2, 4, 5, 7, 9, 11],
  minor: [0, 2, 3, 5, 7, 8, 10],
  dorian: [0, 2, 3, 5, 7, 9, 10],
} as const
export type Mode = keyof typeof SCALES

export interface Tonality {
  /** 0 is C. */
  readonly tonic: number
  readonly mode: Mode
  readonly sevenths: boolean
  /** Melodies leave out what is neither in the chord nor in the five-note scale. */
  readonly fiveNotes: boolean
}

/** A chord as pitch classes, its root first, with the scale that sounds over it. */
export interface Chord {
  readonly tones: readonly number[]
  readonly scale: readonly number[]
}

type Progression = readonly [number, number, number, number]
type Choices = readonly [Progression, ...Progression[]]

const PLAIN: Readonly<Record<Mode, Choices>> = {
  major: [
    [1, 5, 6, 4],
    [1, 6, 4, 5],
    [6, 4, 1, 5],
    [1, 4, 6, 5],
    [4, 1, 5, 6],
    [1, 3, 4, 5],
  ],
  minor: [
    [1, 6, 3, 7],
    [1, 4, 6, 5],
    [1, 7, 6, 7],
    [1, 6, 4, 5],
    [6, 7, 1, 1],
  ],
  dorian: [
    [1, 4, 1, 7],
    [1, 7, 4, 1],
    [1, 3, 7, 4],
  ],
}

const JAZZY: Readonly<Record<Mode, Choices>> = {
  major: [
    [2, 5, 1, 6],
    [1, 6, 2, 5],
    [3, 6, 2, 5],
    [4, 3, 2, 1],
  ],
  minor: [
    [1, 4, 2, 5],
    [6, 2, 5, 1],
    [1, 6, 2, 5],
  ],
  dorian: [
    [1, 4, 1, 4],
    [1, 2, 1, 4],
  ],
}

export function pickProgression({ mode, sevenths }: Tonality, dice: Dice): Progression {
  return dice.pick((sevenths ? JAZZY : PLAIN)[mode])
}

/** The chord on a degree, 1 to 7. The fifth degree of minor gets its leading note, as ears expect it. */
export function chordOn(degree: number, { tonic, mode, sevenths }: Tonality): Chord {
  const leads = degree === 5 && mode === 'minor'
  const scale = SCALES[mode].map((step, i) => (tonic + step + (leads && i === 6 ? 1 : 0)) % 12)
  const thirds = sevenths ? [0, 2, 4, 6] : [0, 2, 4]
  return { tones: thirds.map((third) => scale[(degree - 1 + third) % 7] ?? tonic), scale }
}

/** The notes of a five-note scale, and of the chord whatever they are. */
export function singable(chord: Chord, { tonic, mode, fiveNotes }: Tonality): readonly number[] {
  if (!fiveNotes) return chord.scale
  const steps = mode === 'major' ? [0, 2, 4, 7, 9] : [0, 3, 5, 7, 10]
  return [...new Set([...chord.tones.slice(0, 3), ...steps.map((step) => (tonic + step) % 12)])]
}

/** Spreads a chord over keys so that every voice moves as little as it can from where it was. */
export function voiceChord(
  { tones }: Chord,
  before: readonly number[] | undefined,
  { low, high }: { readonly low: number; readonly high: number },
): number[] {
  const middle = (low + high) / 2
  const from = before ?? tones.map((_, i) => middle - 5 + i * 3)
  let best: number[] = []
  let least = Number.POSITIVE_INFINITY
  for (let base = low; base + 12 <= high; base += 1) {
    const inversion = tones.findIndex((tone) => tone === base % 12)
    if (inversion < 0) continue
    const keys = stack(tones, inversion, base)
    const way = keys.reduce((sum, key, i) => sum + Math.abs(key - (from[i] ?? key)), 0)
    if (way < least) {
      least = way
      best = keys
    }
  }
  return best
}

/** In close position from `base` up. */
function stack(tones: readonly number[], inversion: number, base: number): number[] {
  let key = base
  return tones.map((_, i) => {
    const tone = tones[(inversion + i) % tones.length] ?? 0
    if (i > 0) key += (tone - key + 120) % 12
    return key
  })
}

/** The key of one of these pitch classes that is nearest to `target`, inside the range. */
export function nearest(
  classes: readonly number[],
  target: number,
  { low, high }: { readonly low: number; readonly high: number },
): number {
  for (let away = 0; away <= 12; away += 1) {
    for (const key of [target - away, target + away]) {
      if (key >= low && key <= high && classes.includes(((key % 12) + 12) % 12)) return key
    }
  }
  return Math.min(high, Math.max(low, target))
}
