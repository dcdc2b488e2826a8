import type { Dialect } from '../src/modalities/dialect.ts'
import { streamedAnswer, type Usage } from './samples.ts'

/** Streams as official packages want them: begun, said piece by piece, ended. */
export type Spoken = {
  readonly begin: string
  say(text: string): string
  /** A tool call that has begun, with the beginning of its arguments. */
  call(json: string): string
  end(usage: Usage | null): string
}

export function speak(dialect: Dialect): Spoken {
  if (dialect === 'anthropic') return anthropic
  if (dialect === 'openai-responses') return responses()
  return chat(dialect)
}

type StreamEvent = { readonly type: string; readonly [field: string]: unknown }

function event(data: StreamEvent): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`
}
const events = (...list: readonly StreamEvent[]) => list.map(event).join('')

const anthropic: Spoken = {
  begin: events(
    {
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'MiniMax-M2.7',
        content: [],
        usage: { input_tokens: 40, output_tokens: 1 },
      },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  ),
  say: (text) => event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
  call: (json) =>
    events(
      { type: 'content_block_stop', index: 0 },
      {
        type: 'content_block_start',
        index: 1,
        content_block: { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: {} },
      },
      {
        type: 'content_block_delta',
        index: 1,
        delta: { type: 'input_json_delta', partial_json: json },
      },
    ),
  end: (usage) => streamedAnswer('anthropic', usage).slice(-3).join(''),
}

function chat(dialect: Dialect): Spoken {
  const head = {
    id: 'chat_1',
    object: 'chat.completion.chunk',
    created: 1_773_818_171,
    model: 'MiniMax-M2.7',
  }
  const said = (delta: object) =>
    `data: ${JSON.stringify({ ...head, choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`
  return {
    begin: said({ role: 'assistant', content: '' }),
    say: (content) => said({ content }),
    call: (args) =>
      said({
        tool_calls: [
          { index: 0, id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: args } },
        ],
      }),
    end: (usage) => streamedAnswer(dialect, usage).slice(1).join(''),
  }
}

function responses(): Spoken {
  let sequence = 0
  const told = (type: string, data: object) => event({ type, sequence_number: sequence++, ...data })
  const response = {
    id: 'resp_1',
    object: 'response',
    created_at: 1_773_818_171,
    model: 'MiniMax-M2.7',
    status: 'in_progress',
    output: [],
  }
  const item = { id: 'msg_1', type: 'message', status: 'in_progress', role: 'assistant', content: [] }
  const part = { type: 'output_text', text: '', annotations: [] }
  const at = { item_id: 'msg_1', output_index: 0, content_index: 0 }
  let text = ''
  const whole = () => ({ ...item, status: 'completed', content: [{ ...part, text }] })
  return {
    begin: [
      told('response.created', { response }),
      told('response.output_item.added', { output_index: 0, item }),
      told('response.content_part.added', { ...at, part }),
    ].join(''),
    say: (delta) => {
      text += delta
      return told('response.output_text.delta', { ...at, delta })
    },
    call: (json) => {
      const call = {
        id: 'fc_1',
        type: 'function_call',
        call_id: 'call_1',
        name: 'get_weather',
        arguments: '',
      }
      return [
        told('response.output_item.done', { output_index: 0, item: whole() }),
        told('response.output_item.added', { output_index: 1, item: call }),
        told('response.function_call_arguments.delta', { item_id: 'fc_1', output_index: 1, delta: json }),
      ].join('')
    },
    end: (usage) => streamedAnswer('openai-responses', usage).slice(-1).join(''),
  }
}
