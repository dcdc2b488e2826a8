/**
 * Finds the top-level fields of a JSON object in its bytes, chunk by chunk, without building the object: a gateway needs
 * `model` and `stream`, not a megabyte of messages. State is O(1) but for the wanted values it keeps. The top level is
 * checked strictly; what lies deeper is only balanced, its errors are the engine's to find.
 */
export type FieldKind = 'string' | 'number' | 'boolean' | 'null' | 'array' | 'object'

export type Field = {
  readonly kind: FieldKind
  /** Byte offsets of the value in the whole body: start inclusive, end exclusive. */
  readonly start: number
  readonly end: number
  /** The value's own bytes; undefined where it is longer than was asked to be kept. */
  readonly raw: string | undefined
}

export type ScanProblem = {
  readonly problem: 'broken' | 'duplicate'
  readonly at: number
  readonly name: string
}

/** A wanted field and how many bytes of its value to keep (0: position and kind only). */
type WantedField = { readonly name: string; readonly bytes: Buffer; readonly keepBytes: number }
export type Wanted = ReadonlyMap<string, WantedField>

/** Names and how many bytes to keep. Make it once for all scans that want the same. */
export function wantedFields(fields: Iterable<readonly [string, number]>): Wanted {
  return new Map(
    [...fields].map(([name, keepBytes]) => [name, { name, bytes: Buffer.from(name), keepBytes }]),
  )
}

/** Up to so many names are compared one by one. */
const FEW_NAMES = 32

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d

const LONGEST_NAME = 128
const LONGEST_SCALAR = 64
/** A string's end is looked for byte by byte so far; beyond it a native search is worth its call. */
const SHORT_STRING = 48
const SCALAR = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/

type Step =
  | 'start'
  | 'first-name'
  | 'name'
  | 'in-name'
  | 'colon'
  | 'value'
  | 'in-string'
  | 'in-scalar'
  | 'nested'
  | 'nested-string'
  | 'after-value'
  | 'done'

export class JsonScan {
  readonly fields = new Map<string, Field>()
  problem: ScanProblem | undefined
  /** Offset just behind the opening brace: where a field may be put in. */
  insertAt = 0
  /** True when the object has no fields at all. */
  empty = true

  readonly #wanted: Wanted
  #step: Step = 'start'
  #base = 0
  #depth = 0
  #escaped = false
  /** Whose value comes or is here; undefined for a field that is not wanted. */
  #field: WantedField | undefined
  /** What is kept of a value lies from #keptFrom to #keptTo in #keptIn; what came in chunks before that, in #kept. */
  #kept: Buffer[] = []
  #keptIn: Buffer | undefined
  #keptFrom = 0
  #keptTo = 0
  #keptBytes = 0
  #keepLimit = 0
  #valueStart = 0
  #kind: FieldKind = 'null'

  constructor(wanted: Wanted) {
    this.#wanted = wanted
  }

  /** True once the object is closed. */
  get complete(): boolean {
    return this.#step === 'done' && this.problem === undefined
  }

  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length && !this.problem) at = this.#take(chunk, at)
    this.#base += chunk.length
  }

  #take(chunk: Buffer, at: number): number {
    switch (this.#step) {
      case 'nested':
        return this.#skipNested(chunk, at)
      case 'nested-string':
        return this.#skipString(chunk, at)
      case 'in-string':
      case 'in-name':
        return this.#readString(chunk, at)
      case 'in-scalar':
        return this.#readScalar(chunk, at)
      default:
        return this.#structure(chunk, at)
    }
  }

  #structure(chunk: Buffer, at: number): number {
    const byte = chunk[at] ?? 0
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) return at + 1
    switch (this.#step) {
      case 'start':
        this.insertAt = this.#base + at + 1
        return byte === OPEN_OBJECT ? this.#go('first-name', at + 1) : this.#broken(at)
      case 'first-name':
        if (byte === CLOSE_OBJECT) return this.#go('done', at + 1)
        return byte === QUOTE ? this.#beginName(at) : this.#broken(at)
      case 'name':
        return byte === QUOTE ? this.#beginName(at) : this.#broken(at)
      case 'colon':
        return byte === COLON ? this.#go('value', at + 1) : this.#broken(at)
      case 'value':
        return this.#beginValue(byte, at)
      case 'after-value':
        if (byte === COMMA) return this.#go('name', at + 1)
        return byte === CLOSE_OBJECT ? this.#go('done', at + 1) : this.#broken(at)
      default:
        return this.#broken(at)
    }
  }

  #go(step: Step, at: number): number {
    this.#step = step
    return at
  }

  #broken(at: number): number {
    this.problem = { problem: 'broken', at: this.#base + at, name: this.#field?.name ?? '' }
    return at
  }

  #beginName(at: number): number {
    this.empty = false
    this.#keep(LONGEST_NAME)
    return this.#go('in-name', at + 1)
  }

  #beginValue(byte: number, at: number): number {
    this.#valueStart = this.#base + at
    this.#keep(this.#field?.keepBytes ?? 0)
    if (byte === QUOTE) {
      this.#kind = 'string'
      return this.#go('in-string', at + 1)
    }
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      this.#kind = byte === OPEN_OBJECT ? 'object' : 'array'
      this.#depth = 0
      return this.#go('nested', at)
    }
    this.#keep(LONGEST_SCALAR)
    return this.#go('in-scalar', at)
  }

  #keep(limit: number): void {
    this.#forget()
    this.#keptBytes = 0
    this.#keepLimit = limit
  }

  #forget(): void {
    if (this.#kept.length > 0) this.#kept = []
    this.#keptIn = undefined
  }

  /** A value mostly lies in one chunk: then nothing but its ends is noted, as a view of the chunk costs more than its text. */
  #collect(chunk: Buffer, from: number, to: number): void {
    this.#keptBytes += to - from
    if (this.#keptBytes > this.#keepLimit || to === from) return
    if (this.#keptIn === chunk && this.#keptTo === from) {
      this.#keptTo = to
      return
    }
    if (this.#keptIn) this.#kept.push(this.#keptIn.subarray(this.#keptFrom, this.#keptTo))
    this.#keptIn = chunk
    this.#keptFrom = from
    this.#keptTo = to
  }

  #keptText(): string | undefined {
    if (this.#keptBytes > this.#keepLimit) return undefined
    if (!this.#keptIn) return ''
    if (this.#kept.length === 0) return this.#keptIn.toString('utf8', this.#keptFrom, this.#keptTo)
    return Buffer.concat([...this.#kept, this.#keptIn.subarray(this.#keptFrom, this.#keptTo)]).toString()
  }

  /** Where the string that goes on at `at` ends (its closing quote), or -1 when not in this chunk. */
  #closingQuote(chunk: Buffer, at: number): number {
    let from = at
    if (this.#escaped) {
      this.#escaped = false
      from++
    }
    const soon = Math.min(from + SHORT_STRING, chunk.length)
    while (from < soon) {
      const byte = chunk[from]
      if (byte === QUOTE) return from
      from += byte === BACKSLASH ? 2 : 1
    }
    if (from >= chunk.length) {
      this.#escaped = from > chunk.length
      return -1
    }
    for (;;) {
      const quote = chunk.indexOf(QUOTE, from)
      const end = quote < 0 ? chunk.length : quote
      let slash = end - 1
      while (slash >= from && chunk[slash] === BACKSLASH) slash--
      const odd = (end - 1 - slash) % 2 === 1
      if (quote < 0) {
        this.#escaped = odd
        return -1
      }
      if (!odd) return quote
      from = quote + 1
    }
  }

  #readString(chunk: Buffer, at: number): number {
    const quote = this.#closingQuote(chunk, at)
    const end = quote < 0 ? chunk.length : quote
    this.#collect(chunk, at, end)
    if (quote < 0) return end
    if (this.#step === 'in-string') return this.#endValue(end + 1)
    this.#field = this.#keptBytes === end - at ? this.#named(chunk, at, end) : this.#namedByText()
    return this.#go('colon', end + 1)
  }

  /** Compared as bytes: making the text of every name and looking it up cost more than the rest of the scan. */
  #named(chunk: Buffer, from: number, to: number): WantedField | undefined {
    if (this.#wanted.size > FEW_NAMES || includesByte(BACKSLASH, chunk, from, to)) return this.#namedByText()
    for (const field of this.#wanted.values()) if (isAt(field.bytes, chunk, from, to)) return field
    return undefined
  }

  #namedByText(): WantedField | undefined {
    const raw = this.#keptText()
    return raw === undefined ? undefined : this.#wanted.get(unescaped(raw))
  }

  /** The rest of a nested string that began in an earlier chunk. */
  #skipString(chunk: Buffer, at: number): number {
    const quote = this.#closingQuote(chunk, at)
    const end = quote < 0 ? chunk.length : quote + 1
    this.#collect(chunk, at, end)
    return quote < 0 ? end : this.#go('nested', end)
  }

  #skipNested(chunk: Buffer, at: number): number {
    let index = at
    while (index < chunk.length) {
      const byte = chunk[index++]
      if (byte === QUOTE) {
        const quote = this.#closingQuote(chunk, index)
        if (quote < 0) {
          this.#collect(chunk, at, chunk.length)
          return this.#go('nested-string', chunk.length)
        }
        index = quote + 1
      } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) this.#depth++
      else if ((byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) && --this.#depth === 0) {
        this.#collect(chunk, at, index)
        return this.#endValue(index)
      }
    }
    this.#collect(chunk, at, chunk.length)
    return chunk.length
  }

  #readScalar(chunk: Buffer, at: number): number {
    for (let index = at; index < chunk.length; index++) {
      const byte = chunk[index] ?? 0
      if (byte !== COMMA && byte !== CLOSE_OBJECT && byte > 0x20) continue
      this.#collect(chunk, at, index)
      const kind = this.#keptBytes === index - at ? scalarAt(chunk, at, index) : scalarOf(this.#keptText())
      if (!kind) return this.#broken(index)
      this.#kind = kind
      return this.#endValue(index)
    }
    this.#collect(chunk, at, chunk.length)
    return chunk.length
  }

  #endValue(at: number): number {
    if (this.#field) {
      const { name } = this.#field
      if (this.fields.has(name)) {
        this.problem = { problem: 'duplicate', at: this.#valueStart, name }
        return at
      }
      const raw = this.#keptText()
      this.fields.set(name, {
        kind: this.#kind,
        start: this.#valueStart,
        end: this.#base + at,
        raw: raw && this.#kind === 'string' ? unescaped(raw) : raw,
      })
    }
    // What is noted of the body's chunks must not keep them in memory.
    this.#forget()
    return this.#go('after-value', at)
  }
}

function isAt(bytes: Buffer, chunk: Buffer, from: number, to: number): boolean {
  if (bytes.length !== to - from) return false
  for (let index = 0; index < bytes.length; index++) if (bytes[index] !== chunk[from + index]) return false
  return true
}

function includesByte(byte: number, chunk: Buffer, from: number, to: number): boolean {
  for (let index = from; index < to; index++) if (chunk[index] === byte) return true
  return false
}

const TRUE = Buffer.from('true')
const FALSE = Buffer.from('false')
const NULL = Buffer.from('null')

/** Literals and plain digits are told without making a text of them. */
function scalarAt(chunk: Buffer, from: number, to: number): FieldKind | undefined {
  if (isAt(TRUE, chunk, from, to) || isAt(FALSE, chunk, from, to)) return 'boolean'
  if (isAt(NULL, chunk, from, to)) return 'null'
  if (isDigits(chunk, from, to)) return 'number'
  return to - from <= LONGEST_SCALAR ? scalarOf(chunk.toString('latin1', from, to)) : undefined
}

function isDigits(chunk: Buffer, from: number, to: number): boolean {
  if (chunk[from] === 0x30 && to - from > 1) return false
  for (let index = from; index < to; index++) {
    const byte = chunk[index] ?? 0
    if (byte < 0x30 || byte > 0x39) return false
  }
  return to > from && to - from <= LONGEST_SCALAR
}

function scalarOf(text: string | undefined): FieldKind | undefined {
  if (text === undefined || !SCALAR.test(text)) return undefined
  return text === 'null' ? 'null' : text === 'true' || text === 'false' ? 'boolean' : 'number'
}

/** A string's bytes between its quotes, with the escapes resolved; a broken escape leaves them as they are. */
function unescaped(raw: string): string {
  if (!raw.includes('\\')) return raw
  try {
    return JSON.parse(`"${raw}"`)
  } catch {
    return raw
  }
}
