import type { Draft, ToolCall } from './reply.ts'
import { countTokens, tokensOf } from './tokens.ts'

/** A piece of the answer as the engine produces it, one token of thinking or text or one whole call. */
export type Part =
  | { readonly kind: 'thinking' | 'text'; readonly text: string }
  | { readonly kind: 'tool'; readonly call: ToolCall }

export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly reasoningTokens: number
}

export type Stop = 'end' | 'length' | 'tool'

/** An answer in the making. `stop` and `usage` are final once `parts` is exhausted. */
export interface Answer {
  readonly id: string
  readonly model: string
  readonly signature: string
  readonly parts: Generator<Part>
  readonly tally: Tally
  /** Undefined where the prompt asked for none. */
  usage(): Usage | undefined
}

export interface Tally {
  reasoningTokens: number
  textTokens: number
  toolTokens: number
  stop: Stop
  done: boolean
}

export interface Making {
  readonly id: string
  readonly model: string
  readonly signature: string
  readonly inputTokens: number
  readonly limitTokens: number
  readonly withUsage: boolean
}

/** Nothing is produced before it is asked for, so a client that left or reads slowly costs nothing. */
export function produce(draft: Draft, making: Making): Answer {
  const tally: Tally = { reasoningTokens: 0, textTokens: 0, toolTokens: 0, stop: 'end', done: false }
  const { id, model, signature, inputTokens, limitTokens, withUsage } = making
  return {
    id,
    model,
    signature,
    tally,
    parts: run(draft, limitTokens, tally),
    usage: () =>
      withUsage
        ? { inputTokens, outputTokens: producedTokens(tally), reasoningTokens: tally.reasoningTokens }
        : undefined,
  }
}

function producedTokens(tally: Tally): number {
  return tally.reasoningTokens + tally.textTokens + tally.toolTokens
}

function* run(draft: Draft, limitTokens: number, tally: Tally): Generator<Part> {
  const all = yield* within(draft, limitTokens, tally)
  tally.stop = all ? (tally.toolTokens > 0 ? 'tool' : 'end') : 'length'
  tally.done = true
}

/** False where the limit cut it. A call that no longer fits is left out whole: half of its arguments help nobody. */
function* within(draft: Draft, limitTokens: number, tally: Tally): Generator<Part, boolean> {
  for (const text of tokensOf(draft.thinking)) {
    if (producedTokens(tally) >= limitTokens) return false
    tally.reasoningTokens += 1
    yield { kind: 'thinking', text }
  }
  for (const text of draft.text) {
    if (producedTokens(tally) >= limitTokens) return false
    tally.textTokens += 1
    yield { kind: 'text', text }
  }
  for (const call of draft.calls) {
    const tokens = countTokens(call.name + call.json)
    if (producedTokens(tally) + tokens > limitTokens) return false
    tally.toolTokens += tokens
    yield { kind: 'tool', call }
  }
  return true
}

/** The same answer in one piece. */
export interface Whole {
  readonly thinking: string
  readonly text: string
  readonly calls: readonly ToolCall[]
}

export function collect(answer: Answer): Whole {
  let thinking = ''
  let text = ''
  const calls: ToolCall[] = []
  for (const part of answer.parts) {
    if (part.kind === 'tool') calls.push(part.call)
    else if (part.kind === 'text') text += part.text
    else thinking += part.text
  }
  return { thinking, text, calls }
}
