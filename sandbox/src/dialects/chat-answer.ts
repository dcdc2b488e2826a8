import { type Answer, collect, type Stop, type Usage, type Whole } from '../answer.ts'
import { nowSeconds } from '../clock.ts'
import { mintCallIds } from '../ids.ts'
import type { JsonObject } from '../json.ts'
import type { ToolCall } from '../reply.ts'
import { slicesOf } from '../tokens.ts'
import type { ChatOptions } from './chat-request.ts'
import { dataEvent } from './dialect.ts'

const NAME = 'MiniMax AI'
const STOPS: Readonly<Record<Stop, string>> = { end: 'stop', length: 'length', tool: 'tool_calls' }
const THINK_OPEN = '<think>\n'
const THINK_CLOSE = '\n</think>\n\n'

export function chatWhole(answer: Answer, options: ChatOptions): JsonObject {
  const made = collect(answer)
  return completion(answer, made, { ...options, callId: mintCallIds(), created: nowSeconds() })
}

/** What one answer keeps the same over all its events. */
interface Voice extends ChatOptions {
  readonly callId: (n: number) => string
  readonly created: number
}

function completion(answer: Answer, { thinking, text, calls }: Whole, voice: Voice): JsonObject {
  const split = voice.reasoningSplit
  const message: JsonObject = {
    content: split ? text : `${THINK_OPEN}${thinking}${THINK_CLOSE}${text}`,
    role: 'assistant',
    name: NAME,
    audio_content: '',
    ...(split ? reasoning(thinking) : {}),
    ...(calls.length > 0 ? { tool_calls: calls.map((call, i) => toolCall(call, i, voice.callId)) } : {}),
  }
  const usage = answer.usage()
  return {
    id: answer.id,
    choices: [{ finish_reason: STOPS[answer.tally.stop], index: 0, message }],
    created: voice.created,
    model: answer.model,
    object: 'chat.completion',
    ...(usage === undefined ? {} : { usage: usageOf(usage) }),
    ...SENSITIVITY,
    base_resp: { status_code: 0, status_msg: '' },
  }
}

const SENSITIVITY = {
  input_sensitive: false,
  output_sensitive: false,
  input_sensitive_type: 0,
  output_sensitive_type: 0,
  output_sensitive_int: 0,
}

function toolCall(call: ToolCall, index: number, callId: (n: number) => string): JsonObject {
  return {
    id: callId(index + 1),
    type: 'function',
    function: { name: call.name, arguments: call.json },
    index,
  }
}

function reasoning(text: string): JsonObject {
  const detail = {
    type: 'reasoning.text',
    id: 'reasoning-text-1',
    format: 'MiniMax-response-v1',
    index: 0,
    text,
  }
  return { reasoning_content: text, reasoning_details: [detail] }
}

function usageOf(usage: Usage): JsonObject {
  return {
    total_tokens: usage.inputTokens + usage.outputTokens,
    total_characters: 0,
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  }
}

/**
 * Usage stands in the last chunk, beside the finish reason; who asked for `include_usage` gets OpenAI's own form of it,
 * a chunk without choices.
 */
export function* chatFrames(answer: Answer, options: ChatOptions): Generator<string> {
  const created = nowSeconds()
  const voice = { ...options, callId: mintCallIds(), created }
  for (const delta of deltas(answer, voice)) yield chunk(answer, created, { choice: { delta } })
  const usage = answer.usage()
  const choice = { finish_reason: STOPS[answer.tally.stop], delta: said('') }
  if (usage === undefined || !options.includeUsage) yield chunk(answer, created, { choice, usage })
  else {
    yield chunk(answer, created, { choice })
    yield chunk(answer, created, { usage })
  }
  yield 'data: [DONE]\n\n'
}

/** Native: the last event is the whole completion, and no `[DONE]` follows. */
export function* nativeFrames(answer: Answer, options: ChatOptions): Generator<string> {
  const voice = { ...options, callId: mintCallIds(), created: nowSeconds() }
  const made = { thinking: '', text: '', calls: [] as ToolCall[] }
  const watched = { ...answer, parts: watch(answer, made) }
  for (const delta of deltas(watched, voice)) yield chunk(answer, voice.created, { choice: { delta } })
  yield dataEvent(completion(answer, made, voice))
}

function* watch(
  answer: Answer,
  made: { thinking: string; text: string; calls: ToolCall[] },
): Answer['parts'] {
  for (const part of answer.parts) {
    if (part.kind === 'tool') made.calls.push(part.call)
    else if (part.kind === 'text') made.text += part.text
    else made.thinking += part.text
    yield part
  }
}

function* deltas(answer: Answer, voice: Voice): Generator<JsonObject> {
  let inThinking = false
  let calls = 0
  for (const part of answer.parts) {
    if (part.kind === 'thinking') {
      if (voice.reasoningSplit) yield { ...said(''), ...reasoning(part.text) }
      else yield said(inThinking ? part.text : THINK_OPEN + part.text)
      inThinking = true
      continue
    }
    if (inThinking && !voice.reasoningSplit) yield said(THINK_CLOSE)
    inThinking = false
    if (part.kind === 'tool') yield* callDeltas(part.call, calls++, voice.callId)
    else yield said(part.text)
  }
  if (inThinking && !voice.reasoningSplit) yield said(THINK_CLOSE)
}

function* callDeltas(call: ToolCall, index: number, callId: (n: number) => string): Generator<JsonObject> {
  const head = {
    id: callId(index + 1),
    type: 'function',
    function: { name: call.name, arguments: '' },
    index,
  }
  yield { ...said(''), tool_calls: [head] }
  for (const slice of slicesOf(call.json)) {
    yield { role: 'assistant', tool_calls: [{ index, function: { arguments: slice } }] }
  }
}

function said(content: string): JsonObject {
  return { content, role: 'assistant', name: NAME, audio_content: '' }
}

interface ChunkOf {
  readonly choice?: { readonly delta: JsonObject; readonly finish_reason?: string }
  readonly usage?: Usage | undefined
}

function chunk(answer: Answer, created: number, { choice, usage }: ChunkOf): string {
  const choices =
    choice === undefined
      ? []
      : [{ index: 0, delta: choice.delta, finish_reason: choice.finish_reason ?? null }]
  return dataEvent({
    id: answer.id,
    choices,
    created,
    model: answer.model,
    object: 'chat.completion.chunk',
    usage: usage === undefined ? null : usageOf(usage),
    input_sensitive: false,
    output_sensitive: false,
  })
}
