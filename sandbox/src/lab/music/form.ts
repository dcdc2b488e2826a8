import type { Dice } from './dice.ts'
import { countSyllables } from './syllables.ts'

export type SectionKind =
  | 'intro'
  | 'verse'
  | 'prechorus'
  | 'chorus'
  | 'bridge'
  | 'interlude'
  | 'outro'
  | 'end'

export interface Phrase {
  /** What makes it sound like another one: phrases of one motif and length are sung alike. */
  readonly motif: string
  readonly notes: number
  readonly bars: number
}

export interface Section {
  readonly kind: SectionKind
  readonly bars: number
  /** Who has the tune. */
  readonly tune: 'voice' | 'lead' | 'none'
  readonly phrases: readonly Phrase[]
  /** Of the lyrics. */
  readonly lines: number
}

const PHRASE_BARS = 2
/** More than these are not sung in one breath. */
const MOST_NOTES = 13

/** The form that the lyrics ask for: tags name the sections, every line gets its bars. */
export function formOfLyrics(lyrics: string): Section[] {
  const stanzas = readStanzas(lyrics)
  const lines = stanzas.reduce((sum, stanza) => sum + stanza.lines.length, 0)
  if (lines === 0) return [...stanzas.map((stanza) => played(stanza.kind, PLAYED_BARS)), end]
  const sections = stanzas.map(({ kind, lines }) =>
    lines.length === 0 ? played(kind, PLAYED_BARS) : sung(kind, lines),
  )
  const opening = lines <= 2 ? 1 : lines <= 8 ? 2 : 4
  if (sections[0]?.kind !== 'intro') sections.unshift(played('intro', opening))
  if (lines > 2 && sections.at(-1)?.kind !== 'outro') sections.push(played('outro', lines > 8 ? 4 : 2))
  return [...sections, end]
}

/** A piece without words that fills so many bars. */
export function formOfBars(bars: number): Section[] {
  const body = Math.max(1, bars - 1)
  const opening = body >= 6 ? 2 : body >= 3 ? 1 : 0
  const sections = opening > 0 ? [played('intro', opening)] : []
  const kinds: SectionKind[] = ['verse', 'chorus', 'verse', 'bridge', 'chorus', 'interlude']
  const each = body - opening <= 16 ? Math.ceil((body - opening) / 2) : 8
  for (let left = body - opening, i = 0; left > 0; i += 1) {
    const length = Math.min(left, each)
    sections.push(played(kinds[i % kinds.length] ?? 'verse', length))
    left -= length
  }
  return [...sections, end]
}

/** Cut or prolonged, with the lead instrument, to so many bars. */
export function fitForm(sections: readonly Section[], bars: number): Section[] {
  const body = sections.filter(({ kind }) => kind !== 'end')
  const fitted: Section[] = []
  let left = Math.max(1, bars - 1)
  for (const section of body) {
    if (left <= 0) break
    fitted.push(section.bars <= left ? section : cut(section, left))
    left -= section.bars
  }
  while (left > 0) {
    const length = Math.min(left, 8)
    fitted.push(played(fitted.length % 2 === 0 ? 'interlude' : 'chorus', length))
    left -= length
  }
  return [...fitted, end]
}

export function barsOf(sections: readonly Section[]): number {
  return sections.reduce((sum, { bars }) => sum + bars, 0)
}

/** A phrase for the lead instrument, of as many notes as the dice say. */
export function playedPhrase(section: SectionKind, index: number, bars: number, dice: Dice): Phrase {
  return { motif: `${section} ${index % 2}`, notes: dice.between(4, 5) * bars - 2, bars }
}

const end: Section = { kind: 'end', bars: 1, tune: 'none', phrases: [], lines: 0 }
const PLAYED_BARS = 4

function played(kind: SectionKind, bars: number): Section {
  const tune = kind === 'intro' || kind === 'outro' || kind === 'end' ? 'none' : 'lead'
  return { kind, bars, tune, phrases: [], lines: 0 }
}

function sung(kind: SectionKind, lines: readonly string[]): Section {
  const phrases = lines.flatMap((line, i) => {
    const notes = Math.max(1, countSyllables(line))
    const parts = Math.ceil(notes / MOST_NOTES)
    return Array.from({ length: parts }, (_, part) => ({
      motif: `${kind} ${i % 2} ${part}`,
      notes: Math.floor((notes + part) / parts),
      bars: PHRASE_BARS,
    }))
  })
  return { kind, bars: phrases.length * PHRASE_BARS, tune: 'voice', phrases, lines: lines.length }
}

function cut(section: Section, bars: number): Section {
  return { ...section, bars, phrases: section.phrases.slice(0, Math.floor(bars / PHRASE_BARS)) }
}

interface Stanza {
  readonly kind: SectionKind
  readonly lines: string[]
}

const TAG = /^[[【(]\s*([^\])】]{1,60}?)\s*[\])】]$/

/** Blank lines part stanzas where no tags do; then verse and chorus take turns. */
function readStanzas(lyrics: string): Stanza[] {
  const stanzas: Stanza[] = []
  let open: Stanza | undefined
  let untagged = 0
  const tagged = lyrics.split('\n').some((line) => kindOfTag(line.trim()) !== undefined)
  for (const line of lyrics
    .replaceAll(/([\]】])(?=[^\n])/g, '$1\n')
    .split('\n')
    .map((text) => text.trim())) {
    const kind = kindOfTag(line)
    if (kind !== undefined) {
      open = { kind, lines: [] }
      stanzas.push(open)
    } else if (line === '' && !tagged) open = undefined
    else if (countSyllables(line) > 0 && !/^[[【].*[\]】]$/.test(line)) {
      if (open === undefined || (!tagged && open.lines.length >= 8)) {
        open = { kind: untagged % 2 === 0 ? 'verse' : 'chorus', lines: [] }
        untagged += 1
        stanzas.push(open)
      }
      open.lines.push(...sentences(line))
    }
  }
  return stanzas
}

/** Lyrics that came without line breaks are broken where a singer would breathe. */
function sentences(line: string): string[] {
  if (countSyllables(line) <= 2 * MOST_NOTES) return [line]
  return line.split(/(?<=[.!?;,。！？；，、])\s*/).filter((part) => countSyllables(part) > 0)
}

const TAGS: readonly (readonly [RegExp, SectionKind])[] = [
  [/pre.?(chorus|hook)|build|导歌|预副歌/i, 'prechorus'],
  [/chorus|hook|refrain|drop|副歌/i, 'chorus'],
  [/verse|rap|主歌/i, 'verse'],
  [/bridge|桥/i, 'bridge'],
  [/intro|start|前奏/i, 'intro'],
  [/outro|end(ing)?\b|coda|尾奏|结尾/i, 'outro'],
  [/inter|inst|solo|break|transition|间奏|独奏/i, 'interlude'],
]

function kindOfTag(line: string): SectionKind | undefined {
  const name = TAG.exec(line)?.[1]
  return name === undefined ? undefined : TAGS.find(([words]) => words.test(name))?.[1]
}
