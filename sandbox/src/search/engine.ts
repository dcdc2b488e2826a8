import { library, type Page } from './library.ts'
import { distance, stem, termsOf, wordsOf } from './words.ts'

export interface Found {
  readonly page: Page
  /** The sentence of the page that answers best. */
  readonly snippet: string
}

export interface Searched {
  readonly found: readonly Found[]
  readonly related: readonly string[]
}

const MOST_FOUND = 10
const MOST_RELATED = 5
const MOST_TERMS = 64
/** What scores less than this part of the best page has one common word with the query and no more. */
const WORTH_SHOWING = 0.25

/** Ranks the library by BM25. */
export function search(query: string): Searched {
  const terms = [...new Set(termsOf(query))].slice(0, MOST_TERMS)
  const scored = index()
    .map((entry) => ({ entry, score: scoreOf(entry, terms) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
  const best = scored[0]?.score ?? 0
  const worth = scored.filter(({ score }) => score >= best * WORTH_SHOWING)
  const found = worth.slice(0, MOST_FOUND).map(({ entry }) => ({
    page: entry.page,
    snippet: snippetOf(entry.page, terms),
  }))
  const related =
    found.length === 0
      ? corrections(query)
      : relatedTo(
          worth.map(({ entry }) => entry),
          terms,
        )
  return { found, related }
}

interface Entry {
  readonly page: Page
  readonly counts: ReadonlyMap<string, number>
  readonly length: number
}

/** A word of the title counts as much as so many of the text. */
const TITLE_WEIGHT = 3
const SATURATION = 1.2
const LENGTH_WEIGHT = 0.75

let entries: readonly Entry[] | undefined
const holders = new Map<string, number>()
let meanLength = 0

/** Made at the first search. */
function index(): readonly Entry[] {
  if (entries !== undefined) return entries
  entries = library.map((page) => {
    const title = termsOf(page.title)
    const all = [...Array<string[]>(TITLE_WEIGHT).fill(title).flat(), ...termsOf(page.sentences.join(' '))]
    const counts = new Map<string, number>()
    for (const term of all) counts.set(term, (counts.get(term) ?? 0) + 1)
    return { page, counts, length: all.length }
  })
  for (const { counts } of entries) {
    for (const term of counts.keys()) holders.set(term, (holders.get(term) ?? 0) + 1)
  }
  meanLength = entries.reduce((sum, { length }) => sum + length, 0) / entries.length
  return entries
}

function rarity(term: string): number {
  const holding = holders.get(term) ?? 0
  return Math.log(1 + (library.length - holding + 0.5) / (holding + 0.5))
}

function scoreOf({ counts, length }: Entry, terms: readonly string[]): number {
  const norm = SATURATION * (1 - LENGTH_WEIGHT + (LENGTH_WEIGHT * length) / meanLength)
  return terms.reduce((sum, term) => {
    const count = counts.get(term) ?? 0
    return sum + (rarity(term) * count * (SATURATION + 1)) / (count + norm)
  }, 0)
}

function snippetOf({ sentences }: Page, terms: readonly string[]): string {
  let best = sentences[0] ?? ''
  let most = 0
  for (const sentence of sentences) {
    const inside = new Set(termsOf(sentence))
    const weight = terms.reduce((sum, term) => sum + (inside.has(term) ? rarity(term) : 0), 0)
    if (weight > most) {
      most = weight
      best = sentence
    }
  }
  return best
}

/** Titles of the same topic: of what was found after the first, and of what shares several words with the first. */
function relatedTo(ranked: readonly Entry[], terms: readonly string[]): string[] {
  const [first] = ranked
  if (first === undefined) return []
  const telling = [...first.counts.keys()].filter((term) => !terms.includes(term) && rarity(term) > TELLING)
  const near = index()
    .filter(({ counts }) => telling.filter((term) => counts.has(term)).length >= 2)
    .map((entry) => ({ entry, score: scoreOf(entry, telling) }))
    .sort((a, b) => b.score - a.score)
    .map(({ entry }) => entry)
  const titles = [...ranked.slice(1, 4), ...near]
    .filter(({ page }) => page !== first.page && page.topic === first.page.topic)
    .map(({ page }) => page.title)
  return [...new Set(titles)].slice(0, MOST_RELATED)
}

/** Words that fewer than about one page in eight has. */
const TELLING = 2

const MOST_TYPOS = 2
const MOST_CORRECTED = 8

/** For a query that nothing answers: the same with words that the library has. */
function corrections(query: string): string[] {
  const known = [
    ...new Set(library.flatMap(({ title, sentences }) => wordsOf(`${title} ${sentences.join(' ')}`))),
  ]
  const words = wordsOf(query).slice(0, MOST_CORRECTED)
  const suggestions = words.flatMap((word, at) => {
    if (word.length < 4) return []
    const most = word.length < 6 ? 1 : MOST_TYPOS
    return known
      .filter((other) => other.length > 2 && stem(other) !== stem(word))
      .map((other) => ({ other, typos: distance(word, other, most) }))
      .filter(({ typos }) => typos <= most)
      .sort((a, b) => a.typos - b.typos)
      .slice(0, 2)
      .map(({ other }) => words.with(at, other).join(' '))
  })
  return [...new Set(suggestions)].slice(0, MOST_RELATED)
}
