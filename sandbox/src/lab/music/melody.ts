import type { Dice } from './dice.ts'
import { openDice } from './dice.ts'
import type { Phrase } from './form.ts'
import { type Chord, nearest, singable, type Tonality } from './harmony.ts'
import { BAR_BEATS, type Note, type Part } from './score.ts'

export interface Tune {
  readonly part: Part
  readonly seed: string
  readonly tonality: Tonality
  readonly range: { readonly low: number; readonly high: number }
  /** The key the phrases circle around. */
  readonly center: number
  readonly velocity: number
}

export interface Sung {
  readonly phrase: Phrase
  readonly at: number
  /** One per bar of the phrase. */
  readonly chords: readonly Chord[]
  /** True for the last phrase of its section, which comes to rest. */
  readonly rests: boolean
}

/** One note per syllable. Rhythm and contour belong to the motif, the keys to the chords below. */
export function melody(tune: Tune, { phrase, at, chords, rests }: Sung): Note[] {
  const dice = openDice(tune.seed, 'motif', phrase.motif, String(phrase.notes))
  const onsets = rhythm(phrase, dice)
  const arch = contour(onsets.length, dice)
  let key = tune.center + (arch[0] ?? 0)
  return onsets.map((onset, i) => {
    const next = onsets[i + 1] ?? Math.min(onset + 2, phrase.bars * BAR_BEATS - 0.25)
    const chord = chords[Math.floor(onset / BAR_BEATS)] ?? (chords[0] as Chord)
    const last = i === onsets.length - 1
    const weighs = onset % 2 === 0 || next - onset >= 1 || last
    const classes = weighs ? chord.tones.slice(0, 3) : singable(chord, tune.tonality)
    const goal = tune.center + (arch[i] ?? 0)
    // A step at a time towards where the contour leads, at most a fifth.
    const wished = key + Math.max(-7, Math.min(7, goal - key))
    key = nearest(last && rests ? restingOn(chord, tune.tonality) : classes, wished, tune.range)
    return {
      part: tune.part,
      key,
      at: at + onset,
      beats: Math.max(0.2, (next - onset) * 0.96),
      velocity: tune.velocity + (onset % 2 === 0 ? 6 : onset % 1 === 0 ? 0 : -6) + dice.between(-3, 3),
    }
  })
}

function restingOn({ tones }: Chord, { tonic }: Tonality): readonly number[] {
  return tones.includes(tonic) ? [tonic] : tones.slice(0, 2)
}

/**
 * When the notes of a phrase begin. They lie on eighths where that is enough and on sixteenths where it is not, leave
 * the end free for a breath, and prefer the beats.
 */
function rhythm({ notes, bars }: Phrase, dice: Dice): number[] {
  const beats = bars * BAR_BEATS
  const breath = notes <= bars * 5 ? 1.5 : 1
  const grid = notes <= (beats - breath) * 2 ? 0.5 : 0.25
  const pickup = notes < bars * 5 && dice.chance(0.3) ? 0.5 : 0
  const slots = Array.from(
    { length: Math.floor((beats - breath - pickup) / grid) + 1 },
    (_, i) => pickup + i * grid,
  )
  const ideal = (beats - breath - pickup) / Math.max(1, notes)
  const onsets: number[] = []
  for (let i = 0; i < Math.min(notes, slots.length); i += 1) {
    const due = pickup + i * ideal
    const latest = slots.length - (notes - i)
    const from = onsets.length === 0 ? 0 : slots.indexOf(onsets.at(-1) ?? 0) + 1
    let best = from
    let least = Number.POSITIVE_INFINITY
    for (let s = from; s <= Math.max(from, latest); s += 1) {
      const slot = slots[s] ?? 0
      const offBeat = slot % 1 === 0 ? 0 : slot % 0.5 === 0 ? 0.12 : 0.4
      const cost = Math.abs(slot - due) + offBeat + dice.roll() * 0.5
      if (cost < least) {
        least = cost
        best = s
      }
    }
    onsets.push(slots[best] ?? due)
  }
  return onsets
}

/** Semitones around the centre: an arch or a fall, with a turn here and there. */
function contour(count: number, dice: Dice): number[] {
  const height = dice.between(4, 8)
  const peak = dice.pick([0.25, 0.5, 0.7, 0.05])
  const start = dice.between(-4, 1)
  return Array.from({ length: count }, (_, i) => {
    const way = count === 1 ? 0 : i / (count - 1)
    const arch = way < peak ? way / peak : 1 - (way - peak) / (1 - peak)
    return Math.round(start + height * arch + dice.between(-2, 2))
  })
}
