import { type JsonObject, parseObject } from './json.ts'

/** Test cards in the prompt. One parser for all of them; what it does not understand stays plain text. */
export interface Markers {
  readonly calls: readonly ForcedCall[]
  readonly error: { readonly status: number; readonly message: string } | undefined
  readonly delayMs: number
  readonly slowMs: number | undefined
  readonly cutBytes: number | undefined
  readonly tokens: number | undefined
  readonly hang: boolean
  readonly brokenEvent: boolean
  readonly errorEvent: boolean
  readonly noUsage: boolean
  /** How many pieces of a media request fail; infinite where the marker names no number. */
  readonly failures: number
  /** A task takes at least this long. */
  readonly taskMs: number
  /** The text without its markers. */
  readonly rest: string
}

export interface ForcedCall {
  readonly name: string
  readonly args: JsonObject
}

const MAX_MARKERS = 64
const MAX_ARGS_CHARS = 65_536
const MAX_MARKER_CHARS = 600
const MAX_DELAY_MS = 600_000
const MAX_SLOW_MS = 60_000
const MAX_TOKENS = 200_000
const MAX_FAILURES = 1_000
const MAX_CUT_BYTES = 1_000_000_000

type Draft = { -readonly [K in keyof Markers]: Markers[K] } & { calls: ForcedCall[] }

const WORD =
  /\[\[(tool|error-event|error|delay|slow|cut|hang|broken-event|tokens|no-usage|fail|task)(?=[\s\]])/g

export function readMarkers(text: string): Markers {
  const found: Draft = {
    calls: [],
    error: undefined,
    delayMs: 0,
    slowMs: undefined,
    cutBytes: undefined,
    tokens: undefined,
    hang: false,
    brokenEvent: false,
    errorEvent: false,
    noUsage: false,
    failures: 0,
    taskMs: 0,
    rest: '',
  }
  let kept = 0
  const pattern = new RegExp(WORD)
  for (let tries = 0; tries < MAX_MARKERS; tries += 1) {
    const match = pattern.exec(text)
    if (match === null) break
    const from = match.index + match[0].length
    const end =
      match[1] === 'tool' ? readCall(text, from, found) : readPlain(text, from, match[1] ?? '', found)
    if (end === undefined) continue
    found.rest += text.slice(kept, match.index)
    kept = end
    pattern.lastIndex = end
  }
  found.rest = (found.rest + text.slice(kept)).trim()
  return found
}

/** Takes one marker that ends at the next `]]`; answers where it ends, or undefined if it is none. */
function readPlain(text: string, from: number, word: string, found: Draft): number | undefined {
  const length = text.slice(from, from + MAX_MARKER_CHARS).indexOf(']]')
  if (length < 0) return undefined
  const rest = text.slice(from, from + length).trim()
  return take(word, rest, found) ? from + length + 2 : undefined
}

function take(word: string, rest: string, found: Draft): boolean {
  if (word === 'error') return takeError(rest, found)
  if (word === 'delay') return takeNumber(rest, MAX_DELAY_MS, (n) => (found.delayMs = n))
  if (word === 'slow') return takeNumber(rest, MAX_SLOW_MS, (n) => (found.slowMs = n))
  if (word === 'cut') return takeNumber(rest, MAX_CUT_BYTES, (n) => (found.cutBytes = n))
  if (word === 'tokens') return takeNumber(rest, MAX_TOKENS, (n) => (found.tokens = n))
  if (word === 'task') return takeNumber(rest, MAX_DELAY_MS, (n) => (found.taskMs = n))
  if (word === 'fail' && rest !== '') return takeNumber(rest, MAX_FAILURES, (n) => (found.failures = n))
  if (rest !== '') return false
  if (word === 'fail') found.failures = Number.POSITIVE_INFINITY
  if (word === 'hang') found.hang = true
  if (word === 'broken-event') found.brokenEvent = true
  if (word === 'error-event') found.errorEvent = true
  if (word === 'no-usage') found.noUsage = true
  return true
}

/** Numbers above the bound are lowered to it. */
function takeNumber(rest: string, max: number, keep: (n: number) => void): boolean {
  if (!/^\d{1,15}$/.test(rest)) return false
  keep(Math.min(Number(rest), max))
  return true
}

function takeError(rest: string, found: Draft): boolean {
  const match = /^([45]\d\d)(?:\s+(.*))?$/s.exec(rest)
  if (match === null) return false
  found.error = { status: Number(match[1]), message: match[2] ?? '' }
  return true
}

/** `NAME` or `NAME {json}`; the arguments may hold `]]` themselves, so the JSON is walked to its end. */
function readCall(text: string, from: number, found: Draft): number | undefined {
  const head = /^\s+([\w.:/-]{1,128})\s*/.exec(text.slice(from, from + 200))
  if (head === null) return undefined
  const start = from + head[0].length
  const end = text[start] === '{' ? endOfObject(text, start) : start
  if (end === undefined) return undefined
  const close = /^\s{0,20}\]\]/.exec(text.slice(end, end + 24))
  const args = end === start ? {} : parseObject(text.slice(start, end))
  if (close === null || args === undefined) return undefined
  found.calls.push({ name: head[1] ?? '', args })
  return end + close[0].length
}

function endOfObject(text: string, start: number): number | undefined {
  let depth = 0
  let quoted = false
  const stop = Math.min(text.length, start + MAX_ARGS_CHARS)
  for (let i = start; i < stop; i += 1) {
    const c = text[i]
    if (quoted) {
      if (c === '\\') i += 1
      else if (c === '"') quoted = false
    } else if (c === '"') quoted = true
    else if (c === '{') depth += 1
    else if (c === '}') {
      depth -= 1
      if (depth === 0) return i + 1
    }
  }
  return undefined
}
