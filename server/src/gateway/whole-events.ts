const NEWLINE = 0x0a
const RETURN = 0x0d

/** Server-sent events out of chunks of any size: an event ends with an empty line. */
export class WholeEvents {
  #parts: Buffer[] = []
  #partBytes = 0
  /** The running line has nothing in it yet. */
  #lineIsEmpty = true

  /** Bytes of the event that has not ended. */
  get restBytes(): number {
    return this.#partBytes
  }

  /** The events that end in this chunk, each with the empty line that ends it. */
  push(chunk: Buffer): Buffer[] {
    const events: Buffer[] = []
    let eventStart = 0
    let lineStart = 0
    for (;;) {
      const newline = chunk.indexOf(NEWLINE, lineStart)
      if (newline < 0) break
      const isEmpty = this.#lineIsEmpty && isBlank(chunk, lineStart, newline)
      lineStart = newline + 1
      this.#lineIsEmpty = true
      if (!isEmpty) continue
      events.push(this.#whole(chunk.subarray(eventStart, lineStart)))
      eventStart = lineStart
    }
    if (lineStart < chunk.length) this.#lineIsEmpty &&= isBlank(chunk, lineStart, chunk.length)
    if (eventStart < chunk.length) this.#keep(chunk.subarray(eventStart))
    return events
  }

  /** What is left at the end of a stream: an event that nobody ended. */
  rest(): Buffer {
    return this.#whole(Buffer.alloc(0))
  }

  #keep(part: Buffer): void {
    this.#parts.push(part)
    this.#partBytes += part.length
  }

  #whole(last: Buffer): Buffer {
    if (this.#partBytes === 0) return last
    const event = Buffer.concat([...this.#parts, last])
    this.#parts = []
    this.#partBytes = 0
    return event
  }
}

function isBlank(chunk: Buffer, start: number, end: number): boolean {
  return end === start || (end === start + 1 && chunk[start] === RETURN)
}
