import { openAccompaniment } from './accompaniment.ts'
import type { Instrument } from './band.ts'
import { type Dice, openDice } from './dice.ts'
import { barsOf, type Phrase, playedPhrase, type Section, type SectionKind } from './form.ts'
import { type Chord, chordOn, nearest, pickProgression, type Tonality } from './harmony.ts'
import { melody, type Tune } from './melody.ts'
import { BAR_BEATS, type Note, type Score } from './score.ts'
import type { Style } from './style.ts'

/** Writes the notes of a song of this form in this style. The same seed writes the same song. */
export function compose(sections: readonly Section[], style: Style, seed: string): Score {
  const dice = openDice(seed, 'song')
  const chordsOf = openHarmony(style.tonality, dice)
  const accompany = openAccompaniment(style, dice)
  const sing = openTune(style, seed, dice)
  const home = chordOn(1, style.tonality)
  let at = 0
  const notes = sections.flatMap((section) => {
    const from = at
    at += section.bars * BAR_BEATS
    const chords = chordsOf(section)
    const bars = chords.flatMap((chord, i) =>
      accompany({
        chord,
        next: chords[i + 1] ?? home,
        at: from + i * BAR_BEATS,
        energy: energyOf(section.kind, style),
        opens: i === 0 && from > 0,
        closes: i === chords.length - 1 && section.bars >= 4,
        ends: section.kind === 'end',
      }),
    )
    return [...bars, ...sing(section, from, chords)]
  })
  return {
    tempoBpm: style.tempoBpm,
    beats: barsOf(sections) * BAR_BEATS,
    players: style.players,
    notes: notes.map((note) => swung(note, style.swing)).sort((a, b) => a.at - b.at),
  }
}

const ENERGY: Readonly<Record<SectionKind, number>> = {
  intro: 1,
  verse: 1,
  prechorus: 2,
  chorus: 3,
  bridge: 1,
  interlude: 2,
  outro: 1,
  end: 0,
}

function energyOf(kind: SectionKind, style: Style): number {
  return kind === 'end' ? 0 : Math.min(3, Math.max(0, ENERGY[kind] + style.energy))
}

/** One progression for the verses, one for the refrain, one for the bridge. */
function openHarmony(tonality: Tonality, dice: Dice): (section: Section) => Chord[] {
  const home = chordOn(1, tonality)
  const progressions = {
    verse: pickProgression(tonality, dice),
    chorus: pickProgression(tonality, dice),
    bridge: pickProgression(tonality, dice),
  }
  return ({ kind, bars, tune }) => {
    if (kind === 'end') return [home]
    const name = kind === 'bridge' ? 'bridge' : kind === 'chorus' || kind === 'interlude' ? 'chorus' : 'verse'
    const chords = Array.from({ length: bars }, (_, i) => chordOn(progressions[name][i % 4] ?? 1, tonality))
    // A refrain comes home; a verse leads on.
    if (kind === 'chorus' && bars >= 4 && tune === 'voice') chords[bars - 1] = home
    return chords
  }
}

type Sing = (section: Section, at: number, chords: readonly Chord[]) => Note[]

function openTune(style: Style, seed: string, dice: Dice): Sing {
  return (section, at, chords) => {
    const part = section.tune === 'voice' ? 'voice' : 'lead'
    const player = style.players[part]
    if (section.tune === 'none' || player === undefined) return []
    const phrases = part === 'voice' ? section.phrases : phrasesFor(section, dice)
    const high = section.kind === 'chorus' || section.kind === 'bridge'
    const where = part === 'voice' ? voiceRange(player, style.voiceShift, high) : leadRange(player, high)
    const tune: Tune = { part, seed, tonality: style.tonality, velocity: high ? 98 : 90, ...where }
    let bar = 0
    return phrases.flatMap((phrase, i) => {
      const from = bar
      bar += phrase.bars
      const rests = i === phrases.length - 1
      const under = chords.slice(from, bar)
      const notes = melody(tune, { phrase, at: at + from * BAR_BEATS, chords: under, rests })
      if (section.kind !== 'chorus' || part === 'lead') return notes
      return [...notes, ...notes.map((note) => below(note, chords[Math.floor((note.at - at) / BAR_BEATS)]))]
    })
  }
}

function voiceRange(player: Instrument, shift: number, high: boolean): Pick<Tune, 'range' | 'center'> {
  const range = { low: Math.max(player.low, 57 + shift), high: Math.min(player.high, 81 + shift) }
  return { range, center: 65 + shift + (high ? 4 : 0) }
}

function leadRange(player: Instrument, high: boolean): Pick<Tune, 'range' | 'center'> {
  const middle = Math.round((player.low + player.high) / 2)
  return { range: player, center: Math.max(67, middle + (high ? 2 : -2)) }
}

function phrasesFor({ kind, bars }: Section, dice: Dice): Phrase[] {
  return Array.from({ length: Math.ceil(bars / 2) }, (_, i) =>
    playedPhrase(kind, i, Math.min(2, bars - i * 2), dice),
  )
}

/** A second voice for the refrain: the next tone of the chord below. */
function below(note: Note, chord: Chord | undefined): Note {
  const tones = chord?.tones.slice(0, 3) ?? []
  const key = nearest(tones, note.key - 4, { low: note.key - 9, high: note.key - 3 })
  return { ...note, key, velocity: note.velocity - 16 }
}

/** The second half of every beat begins late. */
function swung(note: Note, late: number): Note {
  if (late === 0) return note
  const beat = Math.floor(note.at)
  const within = note.at - beat
  const half = 0.5 + late
  const moved = within < 0.5 ? (within / 0.5) * half : half + ((within - 0.5) / 0.5) * (1 - half)
  return { ...note, at: beat + moved }
}
