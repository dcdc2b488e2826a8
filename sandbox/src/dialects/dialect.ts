import type { Answer } from '../answer.ts'
import type { Turn } from '../conversation.ts'
import { asText, type Json, type JsonObject } from '../json.ts'
import type { DeclaredTool } from '../reply.ts'
import { countTokens } from '../tokens.ts'

export const dialectNames = ['anthropic', 'openai-chat', 'openai-responses', 'native'] as const
export type DialectName = (typeof dialectNames)[number]

/** One wire shape: how to read a request, how to refuse it. The request it read knows how to be answered. */
export interface Dialect {
  readonly name: DialectName
  /** Throws `BadRequest`. */
  read(body: JsonObject): Ask
  fault(status: number, message: string, requestId: string): Fault
}

export interface Ask {
  readonly model: string
  readonly stream: boolean
  readonly limitTokens: number
  readonly inputTokens: number
  readonly turns: readonly Turn[]
  readonly insisted: DeclaredTool | undefined
  readonly schema: Json | undefined
  whole(answer: Answer): JsonObject
  /** Server-sent events, each complete. */
  frames(answer: Answer): Generator<string>
  /** The events that end a stream in an error, in place of the frame that was made last. */
  failure(message: string, answer: Answer): string[]
}

export interface Fault {
  readonly status: number
  readonly body: JsonObject
}

/** The caller's fault; the message goes out with MiniMax's code for invalid parameters. */
export class BadRequest extends Error {}

export const INVALID_PARAMS = 2013

export function needModel(body: JsonObject): string {
  const model = asText(body.model)
  if (model === undefined || model === '') throw new BadRequest('invalid params, model is required')
  return model
}

/** The first of the names that is set; MiniMax and OpenAI each have an older one. */
export function readLimit(body: JsonObject, ...names: readonly string[]): number {
  for (const name of names) {
    const value = body[name]
    if (value === undefined || value === null) continue
    if (typeof value === 'number' && Number.isInteger(value) && value >= 1) return value
    throw new BadRequest(`invalid params, ${name} must be a whole number of at least 1`)
  }
  return Number.POSITIVE_INFINITY
}

export function checkSampling(body: JsonObject): void {
  const ranges: readonly [string, number][] = [
    ['temperature', 2],
    ['top_p', 1],
  ]
  for (const [name, max] of ranges) {
    const value = body[name]
    if (value === undefined || value === null) continue
    if (typeof value !== 'number' || value < 0 || value > max) {
      throw new BadRequest(`invalid params, ${name} must be between 0 and ${max}`)
    }
  }
}

/** Everything the model would have read, as it was sent: never more tokens than the body has bytes. */
export function inputTokensOf(...parts: readonly (Json | undefined)[]): number {
  const bytes = parts.map((part) => (part === undefined || part === null ? '' : JSON.stringify(part)))
  return Math.max(1, countTokens(bytes.join('')))
}

/** A sole tool, or the one the client names. Among several the sandbox does not choose: it might run something. */
export function insistedTool(
  tools: readonly DeclaredTool[],
  choice: { readonly any: boolean; readonly name: string | undefined },
): DeclaredTool | undefined {
  if (choice.name !== undefined) return tools.find((tool) => tool.name === choice.name)
  return choice.any && tools.length === 1 ? tools[0] : undefined
}

export function event(name: string, data: JsonObject): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}

export function dataEvent(data: JsonObject): string {
  return `data: ${JSON.stringify(data)}\n\n`
}
