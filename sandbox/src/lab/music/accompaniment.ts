import type { Instrument } from './band.ts'
import { bassBar, compBar } from './comping.ts'
import type { Dice } from './dice.ts'
import { drumBar } from './groove.ts'
import { type Chord, voiceChord } from './harmony.ts'
import type { Note, Part } from './score.ts'
import type { Style } from './style.ts'

export interface Bar {
  readonly chord: Chord
  readonly next: Chord
  readonly at: number
  /** How much is going on: 0 without drums, 3 everything. */
  readonly energy: number
  readonly opens: boolean
  readonly closes: boolean
  /** The last of the song: everybody holds. */
  readonly ends: boolean
}

interface Range {
  readonly low: number
  readonly high: number
}

const KEYS_RANGE = { low: 50, high: 74 }
const GUITAR_RANGE = { low: 45, high: 69 }
const PAD_RANGE = { low: 55, high: 79 }

/** Everybody but the one with the tune. They remember how they held the last chord. */
export function openAccompaniment(style: Style, dice: Dice): (bar: Bar) => Note[] {
  const { players } = style
  const held: Partial<Record<Part, number[]>> = {}
  const voiced = (part: Part, chord: Chord, range: Range): number[] => {
    const keys = voiceChord(chord, held[part], range)
    held[part] = keys
    return keys
  }
  const harmony = ({ chord, at, energy, ends }: Bar): Note[] => {
    const notes: Note[] = []
    if (players.keys !== undefined) {
      const keys = voiced('keys', chord, KEYS_RANGE)
      const comping = ends ? 'held' : style.comping
      notes.push(...compBar({ part: 'keys', style: comping, keys, at, velocity: 58 + energy * 6 }))
    }
    if (players.guitar !== undefined && (energy > 1 || style.comping === 'held')) {
      const distorted = players.guitar.program === OVERDRIVEN
      const keys = distorted ? powerChord(chord) : voiced('guitar', chord, GUITAR_RANGE)
      const strumming = ends ? 'held' : style.strumming
      notes.push(...compBar({ part: 'guitar', style: strumming, keys, at, velocity: 54 + energy * 6 }))
    }
    if (players.pad !== undefined && (energy >= style.padFrom || ends)) {
      const keys = voiced('pad', chord, PAD_RANGE)
      notes.push(...compBar({ part: 'pad', style: 'held', keys, at, velocity: 54 + energy * 5 }))
    }
    return notes
  }
  const rhythm = ({ chord, next, at, energy, opens, closes, ends }: Bar): Note[] => {
    const notes: Note[] = []
    if (players.bass !== undefined) {
      const bassline = ends ? 'held' : style.bassline
      notes.push(...bassBar({ style: bassline, chord, next, at, range: players.bass, velocity: 84 }))
    }
    if (players.drums !== undefined) {
      notes.push(...drumBar({ groove: style.groove, at, energy, opens, closes }, dice))
    }
    return notes
  }
  return (bar) => [...harmony(bar), ...rhythm(bar)]
}

const OVERDRIVEN: Instrument['program'] = 29

/** Distortion turns thirds to mud: root, fifth and octave. */
function powerChord({ tones }: Chord): number[] {
  const root = 40 + (((tones[0] ?? 0) - 40 + 120) % 12)
  return [root, root + 7, root + 12]
}
