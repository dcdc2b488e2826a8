import type { Chord } from './harmony.ts'
import { nearest } from './harmony.ts'
import { BAR_BEATS, type Note, type Part } from './score.ts'

/** What accompanists do in one bar: where they strike, how long they hold, how hard, and which voices of the chord. */
interface Stroke {
  readonly at: number
  readonly beats: number
  readonly weight: number
  /** Indices into the chord from below; all of it where none is named. */
  readonly voices?: readonly number[]
  /** Beats between two strings. */
  readonly spread?: number
}

const all = (at: number, beats: number, weight: number, spread = 0): Stroke => ({ at, beats, weight, spread })
const one = (at: number, beats: number, weight: number, voice: number): Stroke => ({
  at,
  beats,
  weight,
  voices: [voice],
})

const COMPING = {
  held: [all(0, 4, 1, 0.02)],
  quarters: [0, 1, 2, 3].map((at) => all(at, 0.9, at % 2 === 0 ? 1 : 0.82)),
  pushed: [all(0, 1.4, 1), all(1.5, 1.4, 0.9), all(3, 0.9, 0.85)],
  eighths: Array.from({ length: 8 }, (_, i) => all(i / 2, 0.4, i % 2 === 0 ? 0.95 : 0.75)),
  offbeats: [0.5, 1.5, 2.5, 3.5].map((at) => all(at, 0.35, 0.95)),
  charleston: [all(0, 1.2, 0.95), all(1.5, 0.4, 0.85), all(3.5, 0.4, 0.7)],
  bossa: [all(0, 0.8, 0.9), all(1.5, 0.8, 0.85), all(2.5, 0.4, 0.75), all(3.5, 0.5, 0.85)],
  strummed: [
    all(0, 0.9, 1, 0.03),
    all(1, 0.45, 0.85, 0.02),
    all(1.5, 0.45, 0.7, 0.015),
    all(2.5, 0.45, 0.75, 0.015),
    all(3, 0.45, 0.85, 0.02),
    all(3.5, 0.45, 0.7, 0.015),
  ],
  picked: [0, 2, 1, 3, 2, 3, 1, 2].map((voice, i) => one(i / 2, 1.4, i % 4 === 0 ? 1 : 0.8, voice)),
  rolling: [0, 1, 2, 3, 2, 1, 2, 1].map((voice, i) => one(i / 2, 0.9, i % 4 === 0 ? 0.95 : 0.78, voice)),
  sixteenths: Array.from({ length: 16 }, (_, i) =>
    one(i / 4, 0.22, i % 4 === 0 ? 0.95 : 0.75, [0, 1, 2, 3, 1, 2][i % 6] ?? 0),
  ),
  ringing: [one(0, 4, 0.9, 0), one(1, 3, 0.75, 2), one(2, 2, 0.8, 1), one(3, 1, 0.7, 3)],
} as const satisfies Record<string, readonly Stroke[]>
export type CompingName = keyof typeof COMPING

export interface CompBar {
  readonly part: Part
  readonly style: CompingName
  /** From below. A voice the chord lacks is one of its lower ones, an octave up. */
  readonly keys: readonly number[]
  readonly at: number
  readonly velocity: number
}

export function compBar({ part, style, keys, at, velocity }: CompBar): Note[] {
  const strokes: readonly Stroke[] = COMPING[style]
  return strokes.flatMap(({ voices, spread = 0, ...stroke }) =>
    (voices?.map((voice) => voiceOf(keys, voice)) ?? keys).map((key, i) => ({
      part,
      key,
      at: at + stroke.at + i * spread,
      beats: stroke.beats - i * spread,
      velocity: Math.round(velocity * stroke.weight),
    })),
  )
}

function voiceOf(keys: readonly number[], voice: number): number {
  const key = keys[voice % keys.length] ?? 60
  return key + 12 * Math.floor(voice / keys.length)
}

const BASS = {
  held: [{ at: 0, beats: 3.9, tone: 0 }],
  halves: [
    { at: 0, beats: 1.9, tone: 0 },
    { at: 2, beats: 1.9, tone: 2 },
  ],
  pushed: [
    { at: 0, beats: 1.4, tone: 0 },
    { at: 1.5, beats: 0.45, tone: 0 },
    { at: 2, beats: 1.4, tone: 0 },
    { at: 3.5, beats: 0.45, tone: 2 },
  ],
  eighths: Array.from({ length: 8 }, (_, i) => ({ at: i / 2, beats: 0.42, tone: 0 })),
  octaves: Array.from({ length: 8 }, (_, i) => ({ at: i / 2, beats: 0.4, tone: i % 2 === 0 ? 0 : 8 })),
  offbeats: [0.5, 1.5, 2.5, 3.5].map((at) => ({ at, beats: 0.4, tone: 0 })),
  bossa: [
    { at: 0, beats: 1.4, tone: 0 },
    { at: 1.5, beats: 0.45, tone: 2 },
    { at: 2, beats: 1.4, tone: 2 },
    { at: 3.5, beats: 0.45, tone: 0 },
  ],
  syncopated: [
    { at: 0, beats: 0.7, tone: 0 },
    { at: 0.75, beats: 0.6, tone: 0 },
    { at: 1.5, beats: 0.4, tone: 8 },
    { at: 2.5, beats: 0.9, tone: 0 },
    { at: 3.5, beats: 0.4, tone: 2 },
  ],
  sunk: [
    { at: 0, beats: 2.3, tone: 0 },
    { at: 2.5, beats: 1.4, tone: 0 },
  ],
  walking: [],
} as const satisfies Record<
  string,
  readonly { readonly at: number; readonly beats: number; readonly tone: number }[]
>
export type BassName = keyof typeof BASS

export interface BassBar {
  readonly style: BassName
  readonly chord: Chord
  readonly next: Chord
  readonly at: number
  readonly range: { readonly low: number; readonly high: number }
  readonly velocity: number
}

export function bassBar({ style, chord, next, at, range, velocity }: BassBar): Note[] {
  const root = nearest([chord.tones[0] ?? 0], range.low + 7, range)
  const note = (key: number, from: number, beats: number): Note => ({
    part: 'bass',
    key,
    at: at + from,
    beats,
    velocity: Math.round(velocity * (from % 2 === 0 ? 1 : 0.9)),
  })
  if (style === 'walking') {
    const goal = nearest([next.tones[0] ?? 0], root, range)
    return walk(root, goal, chord, range).map((key, i) => note(key, i, 0.92))
  }
  return BASS[style].map(({ at: from, beats, tone }) => {
    const key = tone === 0 ? root : tone === 8 ? root + 12 : nearest([chord.tones[2] ?? 0], root + 4, range)
    return note(key, from, beats)
  })
}

/** Root, two tones on the way, and a half step below or above where the next bar starts. */
function walk(root: number, goal: number, { tones, scale }: Chord, range: BassBar['range']): number[] {
  const up = goal >= root
  const second = nearest(tones.slice(1), root + (up ? 4 : -4), range)
  const third = nearest(scale, Math.round((second + goal) / 2) + (up ? 1 : -1), range)
  const approach = goal + (third > goal ? 1 : -1)
  return [root, second, third, approach].slice(0, BAR_BEATS)
}
