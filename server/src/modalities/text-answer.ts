import type { Dialect } from './dialect.ts'
import { JsonScan, wantedFields } from './json-scan.ts'
import { OutputCount } from './output-count.ts'
import type { StreamEvent } from './stream-event.ts'
import { type ReportedTokens, readUsage } from './text-usage.ts'

/** What the meter has learnt of an answer so far. */
export type AnswerReport = {
  /** What the engine reported; undefined when it did not. */
  readonly tokens: ReportedTokens | undefined
  /**
   * Bytes of text, thinking and tool arguments that were delivered; only counted where `countOutput` was asked. Of sound that
   * is streamed 0 until it has begun.
   */
  readonly deliveredBytes: number
  /** The answer says itself that it is whole: its last event came, its JSON is closed. */
  readonly finished: boolean
  /** MiniMax's `base_resp.status_code` when it is not 0, or -1 for another dialect's error inside a 200. */
  readonly errorCode: number
}

export type AnswerMeter = { push(chunk: Buffer): void; report(): AnswerReport }

/** Reads along while an answer is passed on. A stream's state is one unfinished line. */
export function meterAnswer(dialect: Dialect, streaming: boolean, countOutput: boolean): AnswerMeter {
  return streaming ? new StreamMeter(dialect, countOutput) : new JsonMeter(dialect)
}

/** The same for a stream that money pays; `see` is shown its events. */
export function meterPaidStream(dialect: Dialect, see: (event: StreamEvent) => void): AnswerMeter {
  return new StreamMeter(dialect, true, see)
}

const KEPT_OBJECT_BYTES = 16_384
const inAnswerNames = ['usage', 'base_resp', 'error'] as const
const inAnswer = wantedFields(inAnswerNames.map((name) => [name, KEPT_OBJECT_BYTES]))

/** Below this an answer that came whole is parsed, which is quicker than scanning it. */
const PARSED_BYTES = 2_048

class JsonMeter implements AnswerMeter {
  readonly #dialect: Dialect
  /** Only for an answer that is not parsed. */
  #scan: JsonScan | undefined
  #bytes = 0
  #first: Buffer | undefined

  constructor(dialect: Dialect) {
    this.#dialect = dialect
  }

  push(chunk: Buffer): void {
    if (this.#bytes === 0 && chunk.length <= PARSED_BYTES) this.#first = chunk
    else this.#scanOn(chunk)
    this.#bytes += chunk.length
  }

  #scanOn(chunk: Buffer): void {
    this.#scan ??= new JsonScan(inAnswer)
    if (this.#first) this.#scan.push(this.#first)
    this.#first = undefined
    this.#scan.push(chunk)
  }

  report(): AnswerReport {
    // Its texts are not looked at, so its bytes need not become the right characters, which would take longer.
    const answer = this.#first && (parsed(this.#first.toString('latin1')) as Answer | null | undefined)
    if (answer) return this.#reportOf(answer, true)
    const [usage, base_resp, error] = inAnswerNames.map((name) => parsed(this.#scan?.fields.get(name)?.raw))
    return this.#reportOf({ usage, base_resp, error }, this.#scan?.complete ?? false)
  }

  #reportOf({ usage, base_resp, error }: Answer, finished: boolean): AnswerReport {
    const tokens = readUsage(this.#dialect, usage)
    const code = (base_resp as { status_code?: unknown } | null | undefined)?.status_code
    return {
      tokens: tokens && whole(tokens),
      deliveredBytes: this.#bytes,
      finished,
      errorCode: Number(code ?? 0) || (error ? -1 : 0),
    }
  }
}

type Answer = { readonly usage?: unknown; readonly base_resp?: unknown; readonly error?: unknown }

function parsed(json: string | undefined): unknown {
  if (json === undefined) return undefined
  try {
    return JSON.parse(json)
  } catch {
    // An engine's broken usage is no usage: the answer is then counted by what was delivered.
    return undefined
  }
}

/** An output count is what makes a report; input alone (message_start) is not one yet. */
function whole(tokens: Partial<ReportedTokens>): ReportedTokens | undefined {
  if (tokens.output === undefined) return undefined
  return {
    input: tokens.input ?? 0,
    output: tokens.output,
    cacheRead: tokens.cacheRead ?? 0,
    cacheWrite: tokens.cacheWrite ?? 0,
  }
}

const NEWLINE = 0x0a
/** A longer line is not read (its usage then counts as not reported); response.completed repeats the whole answer. */
const LONGEST_LINE = 4 * 1024 * 1024

class StreamMeter implements AnswerMeter {
  readonly #dialect: Dialect
  readonly #countOutput: boolean
  readonly #see: ((event: StreamEvent) => void) | undefined
  #rest: Buffer[] = []
  #restBytes = 0
  #tokens: Partial<ReportedTokens> = {}
  #usageIsFinal = false
  #output = new OutputCount()
  #finished = false
  #errorCode = 0

  constructor(dialect: Dialect, countOutput: boolean, see?: (event: StreamEvent) => void) {
    this.#dialect = dialect
    this.#countOutput = countOutput
    this.#see = see
  }

  push(chunk: Buffer): void {
    let start = 0
    for (;;) {
      const newline = chunk.indexOf(NEWLINE, start)
      if (newline < 0) break
      this.#line(chunk, start, newline)
      start = newline + 1
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start))
  }

  report(): AnswerReport {
    return {
      tokens: this.#usageIsFinal ? whole(this.#tokens) : undefined,
      deliveredBytes: this.#output.bytes,
      finished: this.#finished,
      errorCode: this.#errorCode,
    }
  }

  #keep(part: Buffer): void {
    this.#restBytes += part.length
    if (this.#restBytes <= LONGEST_LINE) this.#rest.push(part)
    else this.#rest = []
  }

  #line(chunk: Buffer, start: number, end: number): void {
    if (this.#restBytes === 0) {
      this.#read(chunk.subarray(start, end))
      return
    }
    const tooLong = this.#restBytes + end - start > LONGEST_LINE
    const line = tooLong ? undefined : Buffer.concat([...this.#rest, chunk.subarray(start, end)])
    this.#rest = []
    this.#restBytes = 0
    if (line) this.#read(line)
  }

  /** Only lines that may matter are parsed: those with usage, an error or an end, and deltas where they are counted. */
  #read(line: Buffer): void {
    if (line[0] !== 0x64 /* d of data: */) return
    if (line.includes('[DONE]') && line.length < 20) {
      this.#finished = true
      return
    }
    if (!this.#countOutput && !mayMatter(line)) return
    const event = parsed(line.toString('utf8', 5))
    if (typeof event !== 'object' || event === null) return
    this.#event(event as StreamEvent)
  }

  #event(event: StreamEvent): void {
    const usage = readUsage(this.#dialect, event.usage ?? event.message?.usage ?? event.response?.usage)
    if (usage) {
      Object.assign(this.#tokens, usage)
      // message_start reports the input and a first output count; only what comes later is the end's word.
      if (event.type !== 'message_start' && usage.output !== undefined) this.#usageIsFinal = true
    }
    if (isLast(event)) this.#finished = true
    const code = Number(event.base_resp?.status_code ?? 0)
    if (code !== 0) this.#errorCode = code
    else if (event.type === 'error' || event.type === 'response.failed' || event.error) this.#errorCode ||= -1
    if (this.#countOutput) this.#output.add(event)
    this.#see?.(event)
  }
}

function mayMatter(line: Buffer): boolean {
  return (
    line.includes('"usage"') ||
    line.includes('"error"') ||
    line.includes('base_resp') ||
    line.includes('finish_reason":"') ||
    line.includes('message_stop') ||
    line.includes('response.')
  )
}

function isLast(event: StreamEvent): boolean {
  if (
    event.type === 'message_stop' ||
    event.type === 'response.completed' ||
    event.type === 'response.incomplete'
  ) {
    return true
  }
  return Array.isArray(event.choices) && event.choices.some((choice) => Boolean(choice.finish_reason))
}
