import { isObject, type JsonObject } from './media-request.ts'
import type { StreamEvent } from './stream-event.ts'

/**
 * Bytes of text, thinking and tool arguments in a stream. Most engines say everything in deltas and some of it once more
 * when a part is whole; a few say it only then. So both are counted, and the larger one is what was delivered.
 */
export class OutputCount {
  #inDeltas = 0
  #inWholes = 0

  get bytes(): number {
    return Math.max(this.#inDeltas, this.#inWholes)
  }

  add(event: StreamEvent): void {
    if (typeof event.delta === 'string') {
      if (event.type?.endsWith('.delta')) this.#inDeltas += Buffer.byteLength(event.delta)
    } else this.#inDeltas += bytesOf(event.delta)
    if (event.content_block) this.#inDeltas += bytesOf(event.content_block)
    for (const choice of listOf(event.choices)) {
      this.#inDeltas += bytesOf(choice.delta)
      if (choice.message) this.#inWholes += bytesOf(choice.message)
    }
    if (event.type === 'response.output_item.done') this.#inWholes += itemBytes(event.item)
    const output = event.response?.output
    if (output) this.#inWholes = Math.max(this.#inWholes, sumOf(listOf(output), itemBytes))
  }
}

/** A delta of any dialect, or the message that chat completions say at once. */
function bytesOf(delta: unknown): number {
  if (!isObject(delta)) return 0
  const { text, thinking, partial_json, content, reasoning_content, refusal } = delta
  const said = [text, thinking, partial_json, content, reasoning_content, refusal]
  const calls = sumOf(listOf(delta.tool_calls), (call) =>
    isObject(call.function) ? lengthOf(call.function.arguments) : 0,
  )
  return calls + said.reduce((sum: number, each) => sum + lengthOf(each), 0)
}

/** A finished item of a response: a message, a call, or thinking. */
function itemBytes(item: unknown): number {
  if (!isObject(item)) return 0
  const action = isObject(item.action) ? JSON.stringify(item.action).length : 0
  const parts = [...listOf(item.content), ...listOf(item.summary)]
  const said = sumOf(parts, (part) => lengthOf(part.text) + lengthOf(part.refusal))
  return said + lengthOf(item.arguments) + lengthOf(item.input) + action
}

function listOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function sumOf(list: readonly JsonObject[], bytes: (each: JsonObject) => number): number {
  return list.reduce((sum, each) => sum + bytes(each), 0)
}

function lengthOf(value: unknown): number {
  return typeof value === 'string' ? Buffer.byteLength(value) : 0
}
