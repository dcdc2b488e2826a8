import type { Tokens } from '../../book/op.ts'
import { isObject, type JsonObject, textIn } from '../../modalities/media-request.ts'
import type { EarlyEnd, Named } from './early-end.ts'

/**
 * `response.incomplete` repeats what was said, and packages take it in the place of what they have put together. So this
 * dialect alone has to remember output; longer ones are ended without the rest, which their readers have had as deltas.
 */
const MOST_KEPT_BYTES = 1024 * 1024
/** Fields of a response that are worth repeating; tools and instructions may be larger than the answer. */
const LONGEST_FIELD = 1_000

type Part = { readonly list: 'content' | 'summary'; readonly part: JsonObject; text: string }
/** An item that was begun and not ended. */
type OpenItem = { readonly item: JsonObject; readonly parts: (Part | undefined)[] }

export class ResponsesEarlyEnd implements EarlyEnd {
  #response: JsonObject
  #sequence = 0
  #keptBytes = 0
  readonly #done: JsonObject[] = []
  readonly #open = new Map<number, OpenItem>()

  constructor({ requestId, model }: Named) {
    this.#response = { id: `resp_${requestId}`, object: 'response', created_at: 0, model }
  }

  see(event: JsonObject): void {
    const { type, item, output_index: at } = event
    if (typeof event.sequence_number === 'number') this.#sequence = event.sequence_number + 1
    if (isObject(event.response)) this.#response = smallFields(event.response)
    if (typeof at !== 'number') return
    if (type === 'response.output_item.added' && isObject(item)) this.#open.set(at, { item, parts: [] })
    else if (type === 'response.output_item.done' && isObject(item)) this.#finish(at, item)
    else this.#openAt(at, event)
  }

  /** An item that was cut is incomplete; a call that was cut is left out, so that nobody makes it. */
  text(used: Tokens): string {
    const events: JsonObject[] = []
    const cut: JsonObject[] = []
    for (const [at, { item, parts }] of this.#open) {
      if (item.type !== 'message' && item.type !== 'reasoning') continue
      const ended = { ...item, status: 'incomplete', ...partsByList(parts) }
      events.push(...partEnds({ item_id: item.id, output_index: at }, parts))
      events.push({ type: 'response.output_item.done', output_index: at, item: ended })
      cut.push(ended)
    }
    const response = {
      ...this.#response,
      ...INCOMPLETE,
      output: [...this.#done, ...cut],
      usage: usageOf(used),
    }
    events.push({ type: 'response.incomplete', response })
    return events.map((event, index) => told(event, this.#sequence + index)).join('')
  }

  #finish(at: number, item: JsonObject): void {
    this.#open.delete(at)
    if (this.#keeps(JSON.stringify(item).length)) this.#done.push(item)
  }

  #openAt(at: number, event: JsonObject): void {
    const open = this.#open.get(at)
    const list = event.summary_index === undefined ? 'content' : 'summary'
    const index = event.summary_index ?? event.content_index
    if (!open || typeof index !== 'number') return
    const { part: begun } = event
    if (isObject(begun)) open.parts[index] = { list, part: begun, text: saidIn(begun) }
    const part = open.parts[index]
    const delta = textIn(event, 'delta')
    if (part && delta !== null && this.#keeps(delta.length)) part.text += delta
  }

  #keeps(bytes: number): boolean {
    this.#keptBytes += bytes
    return this.#keptBytes <= MOST_KEPT_BYTES
  }
}

const INCOMPLETE = {
  status: 'incomplete',
  incomplete_details: { reason: 'max_output_tokens' },
  error: null,
}

function smallFields(response: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(response).filter(
      ([name, value]) => name !== 'output' && (JSON.stringify(value)?.length ?? 0) <= LONGEST_FIELD,
    ),
  )
}

const textFieldOf = (part: JsonObject) => (part.type === 'refusal' ? 'refusal' : 'text')

function saidIn(part: JsonObject): string {
  return textIn(part, textFieldOf(part)) ?? ''
}

function wholeOf({ part, text }: Part): JsonObject {
  return { ...part, [textFieldOf(part)]: text }
}

function partsByList(parts: OpenItem['parts']): JsonObject {
  const lists: Record<string, JsonObject[]> = {}
  for (const part of parts) {
    if (!part) continue
    lists[part.list] ??= []
    lists[part.list]?.push(wholeOf(part))
  }
  return lists
}

/** The last part of an item is the one that was open: engines say one after the other. */
function partEnds(at: JsonObject, parts: OpenItem['parts']): JsonObject[] {
  const part = parts.at(-1)
  if (!part) return []
  const isSummary = part.list === 'summary'
  const index = isSummary ? { summary_index: parts.length - 1 } : { content_index: parts.length - 1 }
  const name = isSummary ? 'response.reasoning_summary' : 'response.content'
  return [
    { type: doneName(part), ...at, ...index, [textFieldOf(part.part)]: part.text },
    { type: `${name}_part.done`, ...at, ...index, part: wholeOf(part) },
  ]
}

function doneName({ list, part }: Part): string {
  if (list === 'summary') return 'response.reasoning_summary_text.done'
  if (part.type === 'reasoning_text') return 'response.reasoning_text.done'
  return part.type === 'refusal' ? 'response.refusal.done' : 'response.output_text.done'
}

function usageOf({ input, output, cacheRead }: Tokens): JsonObject {
  return {
    input_tokens: input + cacheRead,
    input_tokens_details: { cached_tokens: cacheRead },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + cacheRead + output,
  }
}

function told(event: JsonObject, sequence_number: number): string {
  const { type, ...rest } = event
  return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number, ...rest })}\n\n`
}
