import { JsonScan, wantedFields } from './json-scan.ts'
import type { AnswerMeter, AnswerReport } from './text-answer.ts'

/**
 * Reads along while speech or music passes as it is made. Pieces of sound may be megabytes on one line, so only the head
 * and the tail of a line are kept; what is looked for stands there, and hexadecimal digits cannot look like it.
 */
export function meterMedia(streaming: boolean): AnswerMeter {
  return streaming ? new MediaStreamMeter() : new MediaJsonMeter()
}

const KEPT_BYTES = 16_384
const wanted = wantedFields([
  ['base_resp', KEPT_BYTES],
  ['data', 512],
])
/** An answer without it has made nothing, whatever its code says. */
const SOUND = /"audio"\s*:\s*"[^"]/

class MediaJsonMeter implements AnswerMeter {
  readonly #scan = new JsonScan(wanted)
  #bytes = 0

  /** What is too long to be kept is sound. */
  #hasSound(): boolean {
    const data = this.#scan.fields.get('data')
    return data?.kind === 'object' && (data.raw === undefined || SOUND.test(data.raw))
  }

  push(chunk: Buffer): void {
    this.#bytes += chunk.length
    this.#scan.push(chunk)
  }

  report(): AnswerReport {
    const errorCode = statusCode(this.#scan.fields.get('base_resp')?.raw ?? '')
    const finished = this.#scan.complete && (errorCode !== 0 || this.#hasSound())
    return { tokens: undefined, deliveredBytes: this.#bytes, finished, errorCode }
  }
}

const NEWLINE = 0x0a
const HEAD_BYTES = 512
const TAIL_BYTES = 4_096
/** The last event of a stream says so. */
const LAST = /"status"\s*:\s*2\b/

class MediaStreamMeter implements AnswerMeter {
  #head = ''
  #tail = ''
  #bytes = 0
  #hasSound = false
  #finished = false
  #errorCode = 0

  push(chunk: Buffer): void {
    this.#bytes += chunk.length
    let start = 0
    for (;;) {
      const newline = chunk.indexOf(NEWLINE, start)
      if (newline < 0) break
      this.#keep(chunk, start, newline)
      this.#line()
      start = newline + 1
    }
    this.#keep(chunk, start, chunk.length)
  }

  report(): AnswerReport {
    return {
      tokens: undefined,
      deliveredBytes: this.#hasBegun() ? this.#bytes : 0,
      finished: this.#finished && this.#hasSound,
      errorCode: this.#errorCode,
    }
  }

  /** Also with half of its first piece, which may be megabytes. */
  #hasBegun(): boolean {
    return this.#hasSound || SOUND.test(this.#head)
  }

  #keep(chunk: Buffer, start: number, end: number): void {
    if (this.#head.length < HEAD_BYTES) {
      this.#head += chunk.toString('latin1', start, Math.min(end, start + HEAD_BYTES))
    }
    const from = Math.max(start, end - TAIL_BYTES)
    this.#tail = (this.#tail + chunk.toString('latin1', from, end)).slice(-TAIL_BYTES)
  }

  #line(): void {
    const line = `${this.#head} ${this.#tail}`
    this.#head = ''
    this.#tail = ''
    if (!line.startsWith('data:')) return
    if (SOUND.test(line)) this.#hasSound = true
    if (LAST.test(line) || line.startsWith('data: [DONE]')) this.#finished = true
    const code = statusCode(line)
    if (code !== 0) this.#errorCode = code
  }
}

function statusCode(text: string): number {
  return Number(/"status_code"\s*:\s*(-?\d+)/.exec(text)?.[1] ?? 0)
}
