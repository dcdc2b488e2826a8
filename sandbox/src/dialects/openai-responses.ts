import { type Answer, collect, type Part } from '../answer.ts'
import { nowSeconds } from '../clock.ts'
import { mintCallIds, mintId } from '../ids.ts'
import { asList, asObject, type JsonObject } from '../json.ts'
import { slicesOf } from '../tokens.ts'
import { type Ask, type Dialect, event } from './dialect.ts'
import { openaiErrorType } from './openai-error.ts'
import { type CallItem, callItem, messageItem, reasoningItem, textPart } from './responses-items.ts'
import { type ResponsesRequest, readResponses } from './responses-request.ts'

export const openaiResponses: Dialect = {
  name: 'openai-responses',
  read: (body) => answering(readResponses(body)),
  fault: (status, message, requestId) => {
    const error = {
      type: openaiErrorType(status),
      message,
      code: null,
      param: null,
      http_code: String(status),
    }
    return { status, body: { type: 'error', error, request_id: requestId } }
  },
}

function answering(request: ResponsesRequest): Ask {
  const voice = new Voice(request)
  return {
    ...request,
    whole: (answer) => voice.whole(answer),
    frames: (answer) => voice.frames(answer),
    failure: (message, answer) => voice.failure(message, answer),
  }
}

type Emit = Generator<string>

/** One response being spoken: it keeps the sequence number and the items that are done. */
class Voice {
  private readonly request: ResponsesRequest
  private readonly createdAt = nowSeconds()
  private readonly callIds = mintCallIds()
  private readonly output: JsonObject[] = []
  private sequence = 0
  private calls = 0

  constructor(request: ResponsesRequest) {
    this.request = request
  }

  whole(answer: Answer): JsonObject {
    const { thinking, text, calls } = collect(answer)
    this.output.push(reasoningItem(`rs_${mintId()}`, thinking, this.encrypted(answer)))
    if (text !== '') this.output.push(messageItem(`msg_${mintId()}`, text, endOf(answer)))
    for (const call of calls) {
      const item = this.call(call)
      this.output.push(item.item('completed', item.input))
    }
    return { ...this.response(answer, endOf(answer)), output_text: text }
  }

  *frames(answer: Answer): Emit {
    yield this.event('response.created', { response: this.response(answer, 'in_progress') })
    yield this.event('response.in_progress', { response: this.response(answer, 'in_progress') })
    const parts = new Ahead(answer.parts)
    for (let part = parts.next(); part !== undefined; part = parts.next()) {
      if (part.kind === 'tool') yield* this.callEvents(this.call(part.call))
      else if (part.kind === 'thinking') yield* this.reasoningEvents(part.text, parts, answer)
      else yield* this.messageEvents(part.text, parts, answer)
    }
    const status = endOf(answer)
    yield this.event(`response.${status}`, { response: this.response(answer, status) })
  }

  failure(message: string, answer: Answer): string[] {
    // The frame it replaces has taken a number already.
    this.sequence -= 1
    const error = { code: 'server_error', message }
    return [
      this.event('error', { ...error, param: null }),
      this.event('response.failed', { response: { ...this.response(answer, 'failed'), error } }),
    ]
  }

  private *reasoningEvents(first: string, parts: Ahead, answer: Answer): Emit {
    const id = `rs_${mintId()}`
    const at = { item_id: id, output_index: this.output.length, summary_index: 0 }
    yield this.itemAdded({ id, type: 'reasoning', summary: [] })
    const name = 'response.reasoning_summary'
    yield this.event(`${name}_part.added`, { ...at, part: { type: 'summary_text', text: '' } })
    let text = ''
    for (const delta of parts.run('thinking', first)) {
      text += delta
      yield this.event(`${name}_text.delta`, { ...at, delta })
    }
    yield this.event(`${name}_text.done`, { ...at, text })
    yield this.event(`${name}_part.done`, { ...at, part: { type: 'summary_text', text } })
    yield this.itemDone(reasoningItem(id, text, this.encrypted(answer)))
  }

  private *messageEvents(first: string, parts: Ahead, answer: Answer): Emit {
    const id = `msg_${mintId()}`
    const at = { item_id: id, output_index: this.output.length, content_index: 0 }
    yield this.itemAdded({ id, type: 'message', status: 'in_progress', role: 'assistant', content: [] })
    yield this.event('response.content_part.added', { ...at, part: textPart('') })
    let text = ''
    for (const delta of parts.run('text', first)) {
      text += delta
      yield this.event('response.output_text.delta', { ...at, delta, logprobs: [] })
    }
    yield this.event('response.output_text.done', { ...at, text, logprobs: [] })
    yield this.event('response.content_part.done', { ...at, part: textPart(text) })
    yield this.itemDone(messageItem(id, text, endOf(answer)))
  }

  private *callEvents(call: CallItem): Emit {
    const at = { item_id: call.id, output_index: this.output.length }
    yield this.itemAdded(call.item('in_progress', ''))
    if (call.form !== 'local_shell') {
      const custom = call.form === 'custom'
      const name = custom ? 'response.custom_tool_call_input' : 'response.function_call_arguments'
      for (const delta of slicesOf(call.input)) yield this.event(`${name}.delta`, { ...at, delta })
      yield this.event(`${name}.done`, { ...at, [custom ? 'input' : 'arguments']: call.input })
    }
    yield this.itemDone(call.item('completed', call.input))
  }

  private call(call: Extract<Part, { kind: 'tool' }>['call']): CallItem {
    this.calls += 1
    return callItem(call, this.request.tools.get(call.name), {
      id: mintId(),
      callId: this.callIds(this.calls),
    })
  }

  private itemAdded(item: JsonObject): string {
    return this.event('response.output_item.added', { output_index: this.output.length, item })
  }

  private itemDone(item: JsonObject): string {
    this.output.push(item)
    return this.event('response.output_item.done', { output_index: this.output.length - 1, item })
  }

  private event(type: string, data: JsonObject): string {
    return event(type, { type, sequence_number: this.sequence++, ...data })
  }

  /** Opaque to the client, which sends it back; only for those who ask. */
  private encrypted(answer: Answer): string | undefined {
    return asList(this.request.body.include)?.includes('reasoning.encrypted_content')
      ? answer.signature
      : undefined
  }

  private response(
    answer: Answer,
    status: 'in_progress' | 'completed' | 'incomplete' | 'failed',
  ): JsonObject {
    const { body } = this.request
    return {
      id: `resp_${answer.id}`,
      object: 'response',
      created_at: this.createdAt,
      status,
      background: false,
      error: null,
      incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
      instructions: body.instructions ?? null,
      max_output_tokens: body.max_output_tokens ?? null,
      model: answer.model,
      output: [...this.output],
      parallel_tool_calls: body.parallel_tool_calls ?? true,
      previous_response_id: null,
      reasoning: { effort: null, summary: null, ...asObject(body.reasoning) },
      store: false,
      temperature: body.temperature ?? 1,
      text: body.text ?? { format: { type: 'text' } },
      tool_choice: body.tool_choice ?? 'auto',
      tools: body.tools ?? [],
      top_p: body.top_p ?? 0.95,
      truncation: 'disabled',
      ...(status === 'in_progress' ? { usage: null } : usageOf(answer)),
      user: null,
      metadata: asObject(body.metadata) ?? {},
    }
  }
}

function endOf(answer: Answer): 'completed' | 'incomplete' {
  return answer.tally.stop === 'length' ? 'incomplete' : 'completed'
}

function usageOf(answer: Answer): JsonObject {
  const usage = answer.usage()
  if (usage === undefined) return {}
  return {
    usage: {
      input_tokens: usage.inputTokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: usage.outputTokens,
      output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
      total_tokens: usage.inputTokens + usage.outputTokens,
    },
  }
}

/** The parts, one of them looked at before its turn: an item ends where the next part is of another kind. */
class Ahead {
  private readonly parts: Generator<Part>
  private held: Part | undefined

  constructor(parts: Generator<Part>) {
    this.parts = parts
  }

  next(): Part | undefined {
    const held = this.held
    this.held = undefined
    return held ?? (this.parts.next().value as Part | undefined)
  }

  *run(kind: 'thinking' | 'text', first: string): Generator<string> {
    yield first
    for (let part = this.next(); part !== undefined; part = this.next()) {
      if (part.kind !== kind) {
        this.held = part
        return
      }
      yield part.text
    }
  }
}
