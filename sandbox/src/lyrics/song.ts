import { band } from '../lab/music/band.ts'
import { type Dice, openDice } from '../lab/music/dice.ts'
import { moods } from '../lab/music/genres.ts'
import { readStyle } from '../lab/music/style.ts'
import { readTheme, type Theme } from './theme.ts'
import { type Rhymes, type WordKind, wordKinds } from './tongue.ts'

export interface SongText {
  readonly title: string
  /** Comma-separated. */
  readonly styleTags: string
  readonly sections: readonly SongSection[]
}

export interface SongSection {
  /** Without its brackets. */
  readonly tag: string
  readonly lines: readonly string[]
}

/** Writes a whole song about the words of the prompt. The same seed writes the same song. */
export function writeSong(prompt: string, title: string, seed: string): SongText {
  const dice = openDice(seed, 'lyrics', prompt, title)
  const theme = readTheme(`${prompt} ${title}`, dice)
  const pen = openPen(theme, dice)
  const name = title.trim() === '' ? pen.title() : title.trim()
  const chorus = { tag: 'Chorus', lines: pen.chorus(name) }
  const sections = [
    { tag: 'Verse', lines: pen.couplets(2) },
    { tag: 'Pre Chorus', lines: pen.couplets(1) },
    chorus,
    { tag: 'Verse', lines: pen.couplets(2) },
    { tag: 'Pre Chorus', lines: pen.couplets(1) },
    chorus,
    { tag: 'Bridge', lines: pen.couplets(1) },
    chorus,
    { tag: 'Outro', lines: [pen.echo(name)] },
  ]
  return { title: name, styleTags: styleTags(prompt, seed), sections }
}

/** `[Verse]` and the like on lines of their own, a blank line between sections. */
export function printSong(sections: readonly SongSection[]): string {
  return sections.map(({ tag, lines }) => [`[${tag}]`, ...lines].join('\n')).join('\n\n')
}

/** Sections for a song that is there already. */
export function writeSection(tag: string, prompt: string, seed: string): SongSection {
  const dice = openDice(seed, 'section', tag, prompt)
  const pen = openPen(readTheme(prompt, dice), dice)
  const couplets = /bridge|pre/i.test(tag) ? 1 : /outro|intro/i.test(tag) ? 0 : 2
  if (couplets === 0) return { tag, lines: [pen.echo(pen.title())] }
  return { tag, lines: /chorus|hook/i.test(tag) ? pen.chorus(pen.title()) : pen.couplets(couplets) }
}

export function styleTags(prompt: string, seed: string): string {
  const style = readStyle(prompt, seed)
  const felt = moods.map(({ words }) => words.exec(prompt)?.[0]).filter((word) => word !== undefined)
  const lead = Object.entries(band).find(([, player]) => player === style.players.lead)?.[0] ?? 'piano'
  const tags = [
    style.genre,
    ...felt,
    lead.replace(/[A-Z]/g, (letter) => ` ${letter}`),
    `${style.tempoBpm} BPM`,
  ]
  return [...new Set(tags.map(capital))].join(', ')
}

interface Pen {
  title(): string
  couplets(count: number): string[]
  chorus(title: string): string[]
  echo(title: string): string
}

function openPen({ tongue, feeling, subjects }: Theme, dice: Dice): Pen {
  const rhymes = bag(tongue.rhymes, dice)
  const lines = Object.fromEntries(wordKinds.map((kind) => [kind, bag(tongue.lines[kind], dice)]))
  const qualities = bag(tongue.qualities[feeling], dice)
  const topics = bag(subjects, dice)
  const fill = (line: string, word: string, title = ''): string =>
    articled(
      line
        .replaceAll('{h}', title)
        .replaceAll('{w}', word)
        .replaceAll('{W}', capital(word))
        .replaceAll(/\{t\}/gi, (slot) => (slot === '{T}' ? capital(topics()) : topics()))
        .replaceAll(/\{q\}/gi, (slot) => (slot === '{Q}' ? capital(qualities()) : qualities())),
    )
  const line = ([kind, word]: Rhyme): string => fill(lines[kind]?.() ?? '{w}', word)
  return {
    title: () => fill(dice.pick(tongue.titles as [string]), dice.pick(rhymes().thing as [string])),
    couplets: (count) => Array.from({ length: count }, () => twoOf(rhymes(), dice).map(line)).flat(),
    chorus: (title) => {
      const hook = fill(dice.pick(tongue.hooks as [string]), '', title)
      const [first, second] = [twoOf(rhymes(), dice), twoOf(rhymes(), dice)]
      return [hook, line(first[0]), line(first[1]), hook, line(second[0]), line(second[1])].map(capital)
    },
    echo: (title) => fill(dice.pick(tongue.echoes as [string]), '', title),
  }
}

type Rhyme = readonly [WordKind, string]

/** Two different words of one sound. */
function twoOf(rhymes: Rhymes, dice: Dice): [Rhyme, Rhyme] {
  const all = wordKinds.flatMap((kind) => rhymes[kind].map((word): Rhyme => [kind, word]))
  const first = dice.pick(all as [Rhyme])
  const others = all.filter(([, word]) => !word.endsWith(first[1]) && !first[1].endsWith(word))
  return [first, others.length === 0 ? first : dice.pick(others as [Rhyme])]
}

/** Gives everything once before it gives anything twice. */
function bag<T>(items: readonly T[], dice: Dice): () => T {
  let left: T[] = []
  return () => {
    if (left.length === 0) left = [...items]
    return left.splice(Math.floor(dice.roll() * left.length), 1)[0] as T
  }
}

function articled(line: string): string {
  return capital(line.replaceAll(/\b([Aa]) (?=[aeiou])/g, '$1n '))
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
