/** What a text is cut into before it is spoken. */
export type Part =
  | { readonly kind: 'sentence'; readonly text: string }
  | { readonly kind: 'pause'; readonly durationMs: number }

const PAUSE = /<#\s*(\d{1,2}(?:\.\d{1,2})?)\s*#>/
const MAX_PAUSES_MS = 600_000
const MAX_SENTENCE_CHARS = 240

/** Sentences and the pauses `<#seconds#>` between them; all pauses together last at most ten minutes. */
export function partsOf(text: string): Part[] {
  let leftMs = MAX_PAUSES_MS
  return text.split(new RegExp(PAUSE, 'g')).flatMap((piece, at): Part[] => {
    if (at % 2 === 0) return sentencesOf(piece).map((sentence) => ({ kind: 'sentence', text: sentence }))
    const durationMs = Math.min(Math.round(Number(piece) * 1000), leftMs)
    leftMs -= durationMs
    return durationMs > 0 ? [{ kind: 'pause', durationMs }] : []
  })
}

/** A full stop ends a sentence where a space follows it; Chinese marks and line breaks always do. */
const END = /(?<=[.!?…]["'”’)]{0,3})\s+|(?<=[。！？；])(?![。！？；”’」』）])| ?\n\s*/

function sentencesOf(text: string): string[] {
  return text
    .replace(/[^\S\n]+/g, ' ')
    .split(END)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '')
    .flatMap(shortened)
}

/** A longer one is cut at its last comma or space, so that a stream has something to send. */
function shortened(sentence: string): string[] {
  const pieces: string[] = []
  let rest = sentence
  while (rest.length > MAX_SENTENCE_CHARS) {
    const most = rest.slice(0, MAX_SENTENCE_CHARS)
    const mark = /^.*[,;:，、；：]\s*/su.exec(most)?.[0] ?? /^.*\s/su.exec(most)?.[0]
    const cut = mark === undefined ? wholeCharacters(most) : mark.length
    pieces.push(rest.slice(0, cut).trim())
    rest = rest.slice(cut).trim()
  }
  return [...pieces, rest].filter((piece) => piece !== '')
}

/** Does not cut between the halves of a surrogate pair. */
function wholeCharacters(text: string): number {
  return /[\uD800-\uDBFF]$/.test(text) ? text.length - 1 : text.length
}

/** Words as a subtitle shows them: each Han character is one, and marks belong to the word before them. */
export function wordsOf(sentence: string): string[] {
  return sentence.match(/\p{Script=Han}[^\p{L}\p{N}\s]*|(?:(?!\p{Script=Han})\S)+/gu) ?? []
}
