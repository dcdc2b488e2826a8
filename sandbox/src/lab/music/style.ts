import { band, type Instrument, type InstrumentName } from './band.ts'
import type { BassName, CompingName } from './comping.ts'
import { type Dice, openDice } from './dice.ts'
import { type Genre, type GenreName, genres, instrumentWords, moods } from './genres.ts'
import type { GrooveName } from './groove.ts'
import type { Mode, Tonality } from './harmony.ts'
import type { Part } from './score.ts'

/** Everything about a song that is not its form: read from the prompt, and thrown where the prompt says nothing. */
export interface Style {
  readonly genre: GenreName
  readonly tempoBpm: number
  readonly tonality: Tonality
  readonly players: Readonly<Partial<Record<Part, Instrument>>>
  readonly comping: CompingName
  readonly strumming: CompingName
  readonly bassline: BassName
  readonly groove: GrooveName
  readonly swing: number
  /** The pad plays from this much going on. */
  readonly padFrom: number
  /** -1, 0 or 1: how much everybody plays, against what is usual. */
  readonly energy: number
  /** Semitones that the voice is moved by. */
  readonly voiceShift: number
}

export function readStyle(prompt: string, seed: string): Style {
  const { wanted, unwanted } = sortOut(prompt)
  const dice = openDice(seed, 'style', prompt)
  const name = genreOf(wanted, dice)
  const genre: Genre = genres[name]
  const felt = moods.filter(({ words }) => words.test(wanted))
  const energy = Math.sign(felt.reduce((sum, mood) => sum + (mood.energy ?? 0), 0))
  const mode = felt.findLast((mood) => mood.mode !== undefined)?.mode ?? dice.pick(genre.modes)
  const usualBpm =
    dice.between(...genre.tempoBpm) * felt.reduce((product, mood) => product * (mood.tempo ?? 1), 1)
  return {
    genre: name,
    tempoBpm: spokenTempo(wanted) ?? Math.round(Math.min(150, Math.max(56, usualBpm))),
    tonality: {
      tonic: dice.between(0, 11),
      mode,
      sevenths: genre.sevenths,
      fiveNotes: name !== 'jazz',
      ...spokenKey(wanted),
    },
    players: hire(genre, { wanted, unwanted }, dice),
    comping: dice.pick(genre.comping),
    strumming: genre.strumming,
    bassline: dice.pick(genre.bassline),
    groove: dice.pick(genre.groove),
    swing: genre.swing,
    padFrom: genre.padFrom,
    energy,
    voiceShift: /\b(male|man|baritone|bass voice|tenor)\b|男声/i.test(wanted) ? -12 : 0,
  }
}

interface Words {
  readonly wanted: string
  readonly unwanted: string
}

/** `Avoid: drums. …` and `no drums` name what is not to be heard. */
function sortOut(prompt: string): Words {
  const avoided = /\bavoid(?:ing)?\b:?([^.;\n]*)|\b(?:no|without)\s+((?:\w+[ ,-]*){1,3})/gi
  const unwanted = [...prompt.matchAll(avoided)].map((match) => match[1] ?? match[2] ?? '').join(' ')
  return { wanted: prompt.replace(avoided, ' '), unwanted }
}

/** The genre that is named most often, the first among equals; any other where none is named. */
function genreOf(prompt: string, dice: Dice): GenreName {
  const names = Object.keys(genres) as GenreName[]
  const ranked = names
    .map((name) => {
      const found = [...prompt.matchAll(genres[name].words)]
      return { name, times: found.length, at: found[0]?.index ?? 0 }
    })
    .filter(({ times }) => times > 0)
    .sort((a, b) => b.times - a.times || a.at - b.at)
  return ranked[0]?.name ?? dice.pick(names as [GenreName, ...GenreName[]])
}

function spokenTempo(prompt: string): number | undefined {
  const match = /\bbpm\s*[:=]?\s*(\d{2,3})\b|\b(\d{2,3})\s*bpm\b/i.exec(prompt)
  const bpm = Number(match?.[1] ?? match?.[2])
  return bpm >= 40 && bpm <= 220 ? bpm : undefined
}

const LETTERS: Readonly<Record<string, number>> = { c: 0, d: 2, e: 4, f: 5, g: 7, a: 9, b: 11 }

function spokenKey(prompt: string): { tonic?: number; mode?: Mode } {
  const match =
    /\b(?:key\s*(?:of|:)?\s*)([a-g])(?:\s?(#|♯|sharp|b|♭|flat)\b)?\s*(major|minor|maj|min)?/i.exec(prompt) ??
    /\b([a-g])(?:\s?(#|♯|sharp|b|♭|flat))?\s+(major|minor)\b/i.exec(prompt)
  const letter = LETTERS[match?.[1]?.toLowerCase() ?? '']
  if (match === null || letter === undefined) return {}
  const sign = match[2]?.toLowerCase()
  const shift = sign === undefined ? 0 : /^[#♯s]/.test(sign) ? 1 : -1
  const tonic = (letter + shift + 12) % 12
  const quality = match[3]?.toLowerCase().slice(0, 3)
  if (quality === undefined) return { tonic }
  return { tonic, mode: quality === 'maj' ? 'major' : 'minor' }
}

const TUNES: ReadonlySet<InstrumentName> = new Set([
  'musicBox',
  'vibraphone',
  'trumpet',
  'saxophone',
  'flute',
  'sawLead',
  'koto',
])
const GUITARS: ReadonlySet<InstrumentName> = new Set(['nylonGuitar', 'overdrivenGuitar', 'steelGuitar'])

/** The usual players of the genre, with those that are named in the place that suits them. */
function hire(genre: Genre, { wanted, unwanted }: Words, dice: Dice): Style['players'] {
  const named = instrumentWords.filter(([words]) => words.test(wanted)).map(([, name]) => name)
  const hated = new Set(
    instrumentWords.filter(([words]) => words.test(unwanted)).map(([, name]) => name as string),
  )
  const keys = named.find((name) => name === 'piano' || name === 'electricPiano' || name === 'organ')
  const guitar = named.find((name) => GUITARS.has(name))
  const tune = named.find((name) => TUNES.has(name)) ?? (genre.lead.includes('piano') ? keys : undefined)
  const chosen = {
    voice: 'choir',
    lead: tune ?? dice.pick(genre.lead),
    keys: keys ?? dice.pick(genre.keys),
    guitar: guitar ?? genre.guitar,
    bass: genre.bass,
    pad: named.includes('strings') ? 'strings' : genre.pad,
    drums: genre.drums ?? (/\bdrums?\b|\bbeats?\b|鼓/i.test(wanted) ? 'drumKit' : undefined),
  } satisfies Record<Part, InstrumentName | undefined>
  const missing = /\bdrums?\b|\bpercussion\b|\bbeat\b|鼓/i.test(unwanted) ? 'drums' : ''
  return Object.fromEntries(
    Object.entries(chosen)
      .filter(([part, name]) => name !== undefined && part !== missing && !hated.has(name))
      .map(([part, name]) => [part, band[name as InstrumentName]]),
  )
}
