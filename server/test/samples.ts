import type { Dialect } from '../src/modalities/dialect.ts'
import type { Behaviour, Received } from './fake-upstream.ts'

/** The smallest right request and answer of every dialect, as `spec/wire` of the provider has them. */
export const PATHS: Readonly<Record<Dialect, string>> = {
  anthropic: '/anthropic/v1/messages',
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
  native: '/v1/text/chatcompletion_v2',
}

export const PROMPT = 'the prompt of a customer, which is nobody else’s business'
export const SAID = 'Good day to you.'

/** A request that says PROMPT; fields of `more` win, and one that is undefined is left out. */
export function asking(dialect: Dialect, more: object = {}): Record<string, unknown> {
  const messages = [{ role: 'user', content: PROMPT }]
  const said = dialect === 'openai-responses' ? { input: PROMPT } : { messages }
  return { model: 'MiniMax-M2.7', ...said, ...more }
}

/** `input` without what the cache gave or took. */
export type Usage = {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite: number
}
export const USAGE: Usage = { input: 1003, output: 77, cacheRead: 0, cacheWrite: 0 }

/** In the dialect's own words; only Anthropic's tells of tokens written to a cache. */
export function usageIn(dialect: Dialect, { input, output, cacheRead, cacheWrite }: Usage): object {
  if (dialect === 'anthropic') {
    const cache = { cache_read_input_tokens: cacheRead, cache_creation_input_tokens: cacheWrite }
    return { input_tokens: input, output_tokens: output, ...cache }
  }
  const total = input + cacheRead
  if (dialect === 'openai-responses') {
    const details = { input_tokens_details: { cached_tokens: cacheRead } }
    return { input_tokens: total, output_tokens: output, total_tokens: total + output, ...details }
  }
  const details = { prompt_tokens_details: { cached_tokens: cacheRead } }
  return { prompt_tokens: total, completion_tokens: output, total_tokens: total + output, ...details }
}

export function wholeAnswer(dialect: Dialect, usage: Usage | null = USAGE): string {
  const told = usage ? { usage: usageIn(dialect, usage) } : {}
  const common = { id: 'answer1', model: 'MiniMax-M2.7' }
  switch (dialect) {
    case 'anthropic': {
      const content = [{ type: 'text', text: SAID }]
      return JSON.stringify({
        ...common,
        type: 'message',
        role: 'assistant',
        content,
        stop_reason: 'end_turn',
        ...told,
      })
    }
    case 'openai-responses': {
      const content = [{ type: 'output_text', text: SAID, annotations: [] }]
      const output = [{ id: 'msg1', type: 'message', status: 'completed', role: 'assistant', content }]
      return JSON.stringify({
        ...common,
        object: 'response',
        status: 'completed',
        error: null,
        output,
        ...told,
      })
    }
    default: {
      const choices = [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: SAID } }]
      const base = { status_code: 0, status_msg: '' }
      const more = dialect === 'native' ? { ...told, base_resp: base } : told
      return JSON.stringify({
        ...common,
        object: 'chat.completion',
        created: 1_773_818_171,
        choices,
        ...more,
      })
    }
  }
}

/** The events of a stream, each one with the empty line that ends it. */
export function streamedAnswer(dialect: Dialect, usage: Usage | null = USAGE): string[] {
  if (dialect === 'anthropic') return anthropicEvents(usage)
  if (dialect === 'openai-responses') return responsesEvents(usage)
  return chatEvents(dialect, usage)
}

function event(data: { readonly type: string }): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`
}

function anthropicEvents(usage: Usage | null): string[] {
  const started = usage ? { usage: { ...usageIn('anthropic', usage), output_tokens: 1 } } : {}
  const ended = usage ? { usage: { output_tokens: usage.output } } : {}
  const message = { id: 'answer1', type: 'message', role: 'assistant', model: 'MiniMax-M2.7', content: [] }
  return [
    { type: 'message_start', message: { ...message, ...started } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: SAID } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, ...ended },
    { type: 'message_stop' },
  ].map(event)
}

function responsesEvents(usage: Usage | null): string[] {
  const response = JSON.parse(wholeAnswer('openai-responses', usage)) as object
  const begun = { ...response, status: 'in_progress', output: [], usage: null }
  return [
    { type: 'response.created', sequence_number: 0, response: begun },
    { type: 'response.output_text.delta', sequence_number: 1, item_id: 'msg1', output_index: 0, delta: SAID },
    { type: 'response.completed', sequence_number: 2, response },
  ].map(event)
}

function chatEvents(dialect: Dialect, usage: Usage | null): string[] {
  const chunk = {
    id: 'answer1',
    object: 'chat.completion.chunk',
    created: 1_773_818_171,
    model: 'MiniMax-M2.7',
  }
  const events: object[] = [
    { ...chunk, choices: [{ index: 0, delta: { role: 'assistant', content: SAID }, finish_reason: null }] },
    { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
  ]
  if (dialect === 'native') events.push(JSON.parse(wholeAnswer('native', usage)) as object)
  else if (usage) events.push({ ...chunk, choices: [], usage: usageIn(dialect, usage) })
  return [...events.map((data) => `data: ${JSON.stringify(data)}\n\n`), 'data: [DONE]\n\n']
}

export const EVENT_STREAM = { 'content-type': 'text/event-stream' }

/** What an engine without orders says to a request. */
export function answerTo({ path, body }: Pick<Received, 'path' | 'body'>): Behaviour {
  const dialect = (Object.keys(PATHS) as Dialect[]).find((name) => PATHS[name] === path)
  if (!dialect) return { status: 404, body: '{"error":{"message":"no such path"}}' }
  const streaming = /"stream"\s*:\s*true/.test(body.subarray(0, 100_000).toString())
  return streaming ? { headers: EVENT_STREAM, body: streamedAnswer(dialect) } : { body: wholeAnswer(dialect) }
}
