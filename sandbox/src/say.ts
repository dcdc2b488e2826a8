import { solve } from './arithmetic.ts'

export interface Prompt {
  readonly text: string
  readonly results: readonly string[]
  /** Chooses among equal phrasings. */
  readonly variant: number
}

export interface Said {
  readonly thinking: string
  readonly text: string
}

/** A small sensible answer by fixed rules; it never pretends that a model is behind it. */
export function say({ text, results, variant }: Prompt): Said {
  if (results.length > 0) return { thinking: 'The tool has answered, so I report it.', text: report(results) }
  if (text === '')
    return { thinking: 'There are no words to answer.', text: `Done. ${NAME} has nothing to add.` }
  const head = text.slice(0, MAX_READ_CHARS)
  if (WHO.test(head)) return { thinking: 'They ask who I am.', text: SELF }
  const echoed = echo(head)
  if (echoed !== undefined) return { thinking: 'They want these very words back.', text: echoed }
  const numbers = countUp(head)
  if (numbers !== undefined) return { thinking: 'They want me to count.', text: numbers }
  const counted = countIn(head)
  if (counted !== undefined) return { thinking: 'They want something counted.', text: counted }
  const solved = solve(head)
  if (solved !== undefined) return { thinking: 'A small sum, worked out by hand.', text: `${solved}.` }
  if (GREETING.test(head)) return { thinking: 'A greeting.', text: `Hello! ${SELF}` }
  return { thinking: 'No rule fits, so I quote what was written.', text: quote(text, variant) }
}

const NAME = 'The tokenplan sandbox'
const SELF = 'I am the tokenplan sandbox, a local stand-in for a text engine; there is no model behind me.'
const MAX_READ_CHARS = 4_000
const MAX_RESULT_CHARS = 400

const WHO =
  /\bwho are you\b|\bwhat(?: model)? are you\b|\byour name\b|\b(?:which|what) (?:model|llm|ai)\b|\bare you (?:an? )?(?:real|claude|chatgpt|gpt|minimax|human|ai|llm|bot)\b|你是(?:谁|什么)|你叫什么/i
const GREETING = /^\s*(?:hi|hello|hey|hallo|good (?:morning|day|evening)|你好|您好)\b|^\s*[你您]好/i

function report(results: readonly string[]): string {
  const quoted = results.map((result) => `"${clip(result.trim(), MAX_RESULT_CHARS)}"`)
  return `The tool answered: ${quoted.join(' and ')}. ${NAME} has nothing to add.`
}

/** Cut by whole characters, so that no surrogate pair is torn. */
function clip(text: string, maxChars: number): string {
  const head = Array.from(text.slice(0, maxChars * 2))
    .slice(0, maxChars)
    .join('')
  return head.length < text.length ? `${head}…` : head
}

const ORDER = new RegExp(
  String.raw`(?:^|[.!?:;,\n]\s*|\b(?:please|just|only|simply|and|then|to|must|should|can you|could you)\s+)` +
    String.raw`(?:say|echo|repeat|(?:reply|respond|answer)\s+(?:\w+\s+)?with)` +
    String.raw`(?:\s+(?:back|only|just|exactly|after me|the (?:single |one |exact )?(?:words?|text|phrase|string|line)))*` +
    String.raw`(?:\s*:\s*|\s+)(\S.*)`,
  'i',
)
const CHINESE_ORDER = /(?:请|只)(?:回复|回答|说)[:：]?\s*(\S.*)/

/** `say X`, `reply with X`: X is what stands in quotes, or else the rest of the sentence. */
function echo(text: string): string | undefined {
  const wanted = (ORDER.exec(text) ?? CHINESE_ORDER.exec(text))?.[1]
  if (wanted === undefined) return undefined
  const inQuotes = /^(?:"([^"]+)"|'([^']+)'|`([^`]+)`|[“「]([^”」]+)[”」])/.exec(wanted)
  const found = inQuotes?.[1] ?? inQuotes?.[2] ?? inQuotes?.[3] ?? inQuotes?.[4]
  if (found !== undefined) return found
  const sentence = /^.*?(?=[.。](?:\s|$)|$)/.exec(wanted)?.[0] ?? wanted
  const plain = sentence.replace(/[,\s]+(?:and nothing else|nothing else|only)$/i, '').trim()
  return plain === '' ? undefined : plain
}

function countUp(text: string): string | undefined {
  const match = /\bcount (?:from (\d{1,4}) )?(?:up )?to (\d{1,4})\b/i.exec(text)
  if (match === null) return undefined
  const from = Number(match[1] ?? 1)
  const count = Math.min(Number(match[2]) - from + 1, 1_000)
  return count < 1 ? undefined : Array.from({ length: count }, (_, i) => from + i).join(', ')
}

function countIn(text: string): string | undefined {
  const match =
    /\b(?:count|how many)\b.{0,20}?\b(words|characters|letters|lines)\b(?:\s+(?:are there|do you see))?(?:\s+(?:in|of))?(?:\s+this)?\s*:?\s*(.*)/is.exec(
      text,
    )
  if (match === null) return undefined
  const unit = (match[1] ?? '').toLowerCase()
  const object = (match[2] ?? '')
    .trim()
    .replace(/\?$/, '')
    .replace(/^["'`“]([\s\S]*)["'`”]$/, '$1')
  return object === '' ? undefined : `"${clip(object, 60)}" has ${amount(object, unit)} ${unit}.`
}

function amount(text: string, unit: string): number {
  if (unit === 'words') return words(text).length
  if (unit === 'lines') return text.split('\n').length
  return Array.from(unit === 'letters' ? text.replace(/[^\p{L}]/gu, '') : text).length
}

/** A Han character counts as a word, as readers of Chinese count. */
function words(text: string): string[] {
  return text.match(/\p{Script=Han}|[^\s\p{Script=Han}]+/gu) ?? []
}

function quote(text: string, variant: number): string {
  const read = words(text.slice(0, 100_000))
  const start = clip(text.slice(0, 400).replace(/\s+/g, ' '), 60)
  const size = `${read.length} ${read.length === 1 ? 'word' : 'words'}`
  const phrasings = [
    `You wrote ${size}, beginning "${start}".`,
    `I read ${size}: "${start}".`,
    `Noted: "${start}" (${size}).`,
  ]
  return `${phrasings[variant % phrasings.length]} ${NAME} answers by fixed rules; no model is behind it.`
}
