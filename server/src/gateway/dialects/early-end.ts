import type { Tokens } from '../../book/op.ts'
import type { Dialect } from '../../modalities/dialect.ts'
import type { JsonObject } from '../../modalities/media-request.ts'
import type { StreamEvent } from '../../modalities/stream-event.ts'
import { ResponsesEarlyEnd } from './early-end-responses.ts'

/**
 * Ends a stream of somebody else's in its own dialect, as its engine would have at the limit of output tokens. It sees the
 * events that were passed on and keeps of them what the last ones must repeat.
 */
export type EarlyEnd = {
  see(event: StreamEvent): void
  /** The last events; `used` is what is charged. */
  text(used: Tokens): string
}

/** What an answer is called where its engine has not said it yet. */
export type Named = { readonly requestId: string; readonly model: string; readonly wantsUsage: boolean }

export function earlyEndIn(dialect: Dialect, named: Named): EarlyEnd {
  switch (dialect) {
    case 'anthropic':
      return new AnthropicEarlyEnd()
    case 'openai-responses':
      return new ResponsesEarlyEnd(named)
    default:
      return new ChatEarlyEnd(dialect, named)
  }
}

class AnthropicEarlyEnd implements EarlyEnd {
  #open: number | undefined

  see(event: StreamEvent & { readonly index?: unknown }): void {
    if (event.type === 'content_block_start') this.#open = Number(event.index)
    else if (event.type === 'content_block_stop') this.#open = undefined
  }

  /** A call that is cut is told by its stop_reason: this is how the original ends one at max_tokens. */
  text({ output }: Tokens): string {
    const stop = this.#open === undefined ? [] : [{ type: 'content_block_stop', index: this.#open }]
    const delta = { stop_reason: 'max_tokens', stop_sequence: null }
    return [
      ...stop,
      // Input was told by message_start, and may be an estimate here.
      { type: 'message_delta', delta, usage: { output_tokens: output } },
      { type: 'message_stop' },
    ]
      .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
      .join('')
  }
}

/** Chat completions, also MiniMax's own: there usage stands in the last chunk, and no `[DONE]` follows. */
class ChatEarlyEnd implements EarlyEnd {
  readonly #isNative: boolean
  readonly #wantsUsage: boolean
  #head: JsonObject

  constructor(dialect: Dialect, { requestId, model, wantsUsage }: Named) {
    this.#isNative = dialect === 'native'
    this.#wantsUsage = wantsUsage
    this.#head = { id: requestId, created: 0, model }
  }

  see(event: StreamEvent): void {
    const { id, created, model } = event as JsonObject
    if (this.#head.created === 0 && typeof id === 'string') this.#head = { id, created, model }
  }

  text(used: Tokens): string {
    const head = { ...this.#head, object: 'chat.completion.chunk' }
    const choices = [{ index: 0, delta: {}, finish_reason: 'length' }]
    const usage = chatUsage(used)
    if (this.#isNative) {
      const base_resp = { status_code: 0, status_msg: '' }
      return data({ ...head, choices, usage, base_resp })
    }
    const told = this.#wantsUsage ? data({ ...head, choices: [], usage }) : ''
    return `${data({ ...head, choices })}${told}data: [DONE]\n\n`
  }
}

function chatUsage({ input, output, cacheRead }: Tokens): JsonObject {
  return {
    prompt_tokens: input + cacheRead,
    completion_tokens: output,
    total_tokens: input + cacheRead + output,
    prompt_tokens_details: { cached_tokens: cacheRead },
  }
}

function data(event: JsonObject): string {
  return `data: ${JSON.stringify(event)}\n\n`
}
