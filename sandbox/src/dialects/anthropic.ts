import { type Answer, collect, type Stop, type Usage } from '../answer.ts'
import { type Turn, textOf } from '../conversation.ts'
import { mintCallIds } from '../ids.ts'
import { asList, asObject, asText, type Json, type JsonObject } from '../json.ts'
import type { DeclaredTool, ToolCall } from '../reply.ts'
import { slicesOf } from '../tokens.ts'
import {
  type Ask,
  BadRequest,
  checkSampling,
  type Dialect,
  event,
  inputTokensOf,
  insistedTool,
  needModel,
  readLimit,
} from './dialect.ts'

export const anthropic: Dialect = {
  name: 'anthropic',
  read,
  fault: (status, message, requestId) => ({
    status,
    body: { type: 'error', error: { type: errorType(status), message }, request_id: requestId },
  }),
}

/** What count_tokens answers; the same number that the message itself reports. */
export function countInput(body: JsonObject): number {
  needModel(body)
  readTurns(body)
  return inputTokensOf(body.system, body.messages, body.tools)
}

function read(body: JsonObject): Ask {
  const model = needModel(body)
  const turns = readTurns(body)
  checkSampling(body)
  const choice = asObject(body.tool_choice)
  const format = asObject(asObject(body.output_config)?.format) ?? asObject(body.output_format)
  return {
    model,
    stream: body.stream === true,
    limitTokens: readLimit(body, 'max_tokens'),
    inputTokens: countInput(body),
    turns,
    insisted: insistedTool(readTools(body.tools), {
      any: choice?.type === 'any',
      name: asText(choice?.name),
    }),
    schema: format?.schema,
    whole,
    frames,
    failure: (message) => [event('error', { type: 'error', error: { type: 'overloaded_error', message } })],
  }
}

const ROLES = new Set([
  'user',
  'assistant',
  'system',
  'user_system',
  'group',
  'sample_message_user',
  'sample_message_ai',
])

function readTurns(body: JsonObject): Turn[] {
  const messages = asList(body.messages)
  if (messages === undefined || messages.length === 0)
    throw new BadRequest('invalid params, messages is required')
  return messages.flatMap((item) => {
    const message = asObject(item)
    const role = asText(message?.role) ?? ''
    if (!ROLES.has(role)) throw new BadRequest(`invalid params, role ${JSON.stringify(role)} is not known`)
    const content = message?.content
    if (typeof content !== 'string' && asList(content) === undefined) {
      throw new BadRequest('invalid params, content must be a string or a list of blocks')
    }
    return role === 'user'
      ? readUserTurns(content)
      : [{ role: role === 'assistant' ? role : 'system', text: textOf(content) }]
  })
}

/** A user message may hold tool results beside words; the words count as said after the results. */
function readUserTurns(content: Json | undefined): Turn[] {
  const results = (asList(content) ?? []).map(asObject).filter((block) => block?.type === 'tool_result')
  const turns: Turn[] = results.map((block) => ({ role: 'tool', text: textOf(block?.content) }))
  const text = textOf(content)
  return text === '' ? turns : [...turns, { role: 'user', text }]
}

function readTools(tools: Json | undefined): DeclaredTool[] {
  return (asList(tools) ?? []).flatMap((item) => {
    const tool = asObject(item)
    const name = asText(tool?.name)
    return name === undefined ? [] : [{ name, parameters: tool?.input_schema }]
  })
}

const STOPS: Readonly<Record<Stop, string>> = { end: 'end_turn', length: 'max_tokens', tool: 'tool_use' }

function usageOf(usage: Usage | undefined, outputTokens = usage?.outputTokens ?? 0): JsonObject {
  if (usage === undefined) return {}
  return {
    usage: {
      input_tokens: usage.inputTokens,
      output_tokens: outputTokens,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
    },
  }
}

function whole(answer: Answer): JsonObject {
  const { thinking, text, calls } = collect(answer)
  const callId = mintCallIds()
  const content: JsonObject[] = [{ thinking, signature: answer.signature, type: 'thinking' }]
  if (text !== '') content.push({ type: 'text', text })
  calls.forEach((call, i) => {
    content.push({ type: 'tool_use', id: callId(i + 1), name: call.name, input: call.args })
  })
  return {
    id: answer.id,
    type: 'message',
    role: 'assistant',
    model: answer.model,
    content,
    ...usageOf(answer.usage()),
    stop_reason: STOPS[answer.tally.stop],
    stop_sequence: null,
    base_resp: { status_code: 0, status_msg: '' },
  }
}

function* frames(answer: Answer): Generator<string> {
  yield messageStart(answer)
  yield event('ping', { type: 'ping' })
  const callId = mintCallIds()
  let index = -1
  let calls = 0
  let open: 'thinking' | 'text' | undefined
  for (const part of answer.parts) {
    if (open !== undefined && part.kind !== open) {
      yield* blockStop(index, open, answer)
      open = undefined
    }
    if (part.kind === 'tool') {
      calls += 1
      index += 1
      yield* toolBlock(index, callId(calls), part.call)
      continue
    }
    if (open === undefined) {
      open = part.kind
      index += 1
      yield blockStart(
        index,
        open === 'thinking' ? { type: open, thinking: '', signature: '' } : { type: open, text: '' },
      )
    }
    yield blockDelta(
      index,
      part.kind === 'thinking'
        ? { type: 'thinking_delta', thinking: part.text }
        : { type: 'text_delta', text: part.text },
    )
  }
  if (open !== undefined) yield* blockStop(index, open, answer)
  yield event('message_delta', {
    type: 'message_delta',
    delta: { stop_reason: STOPS[answer.tally.stop], stop_sequence: null },
    ...usageOf(answer.usage()),
  })
  yield event('message_stop', { type: 'message_stop' })
}

function messageStart(answer: Answer): string {
  const message = {
    id: answer.id,
    type: 'message',
    role: 'assistant',
    model: answer.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    ...usageOf(answer.usage(), 0),
    service_tier: 'standard',
  }
  return event('message_start', { type: 'message_start', message })
}

function* toolBlock(index: number, id: string, call: ToolCall): Generator<string> {
  yield blockStart(index, { type: 'tool_use', id, name: call.name, input: {} })
  for (const slice of slicesOf(call.json))
    yield blockDelta(index, { type: 'input_json_delta', partial_json: slice })
  yield event('content_block_stop', { type: 'content_block_stop', index })
}

function blockStart(index: number, block: JsonObject): string {
  return event('content_block_start', { type: 'content_block_start', index, content_block: block })
}

function blockDelta(index: number, delta: JsonObject): string {
  return event('content_block_delta', { type: 'content_block_delta', index, delta })
}

function* blockStop(index: number, kind: 'thinking' | 'text', answer: Answer): Generator<string> {
  if (kind === 'thinking') yield blockDelta(index, { type: 'signature_delta', signature: answer.signature })
  yield event('content_block_stop', { type: 'content_block_stop', index })
}

const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

function errorType(status: number): string {
  return ERROR_TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error')
}
