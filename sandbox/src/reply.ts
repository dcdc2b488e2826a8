import type { Moment } from './conversation.ts'
import { digest } from './ids.ts'
import type { Json, JsonObject } from './json.ts'
import type { Markers } from './markers.ts'
import { sampleOf } from './sample.ts'
import { say } from './say.ts'
import { fillerTokens, tokensOf } from './tokens.ts'

export interface ToolCall {
  readonly name: string
  readonly args: JsonObject
  readonly json: string
}

export interface DeclaredTool {
  readonly name: string
  readonly parameters: Json | undefined
}

/** What will be said, before anybody counted or cut it. */
export interface Draft {
  readonly thinking: string
  readonly text: Iterable<string>
  readonly calls: readonly ToolCall[]
}

export interface Occasion {
  readonly seed: string
  readonly model: string
  readonly moment: Moment
  readonly markers: Markers
  /** The one tool the client insists on, if it does. */
  readonly insisted: DeclaredTool | undefined
  /** The schema a structured answer must fit. */
  readonly schema: Json | undefined
}

/** Pure: the same occasion gets the same draft. */
export function compose(occasion: Occasion): Draft {
  const { markers, moment } = occasion
  const calls = moment.results.length > 0 ? [] : callsOf(occasion)
  const variant = Number.parseInt(fingerprint(occasion).slice(0, 8), 16)
  if (markers.tokens !== undefined) {
    return { thinking: COUNTED_THINKING, text: fillerTokens(markers.tokens, variant), calls }
  }
  if (calls.length > 0)
    return { thinking: `I am to call ${calls.map((c) => c.name).join(', ')}.`, text: [], calls }
  const { thinking, text } = say({ text: markers.rest, results: moment.results, variant })
  const shown = occasion.schema === undefined ? text : structured(occasion.schema, text)
  return { thinking, text: tokensOf(shown), calls }
}

/** 32 bytes, so an answer made by `[[tokens N]]` has exactly N + 8 output tokens. */
const COUNTED_THINKING = 'Counting out the words asked for'

function callsOf({ markers, insisted }: Occasion): ToolCall[] {
  if (markers.calls.length > 0) return markers.calls.map(({ name, args }) => toCall(name, args))
  if (insisted === undefined) return []
  const args = sampleOf(insisted.parameters)
  return [
    toCall(insisted.name, typeof args === 'object' && !Array.isArray(args) && args !== null ? args : {}),
  ]
}

function toCall(name: string, args: JsonObject): ToolCall {
  return { name, args, json: JSON.stringify(args) }
}

function fingerprint({ seed, model, moment }: Occasion): string {
  return digest(seed, model, String(moment.turns), moment.text, ...moment.results)
}

/** `{}` stands for "any JSON object": the answer is wrapped. */
function structured(schema: Json, text: string): string {
  const free = typeof schema === 'object' && schema !== null && Object.keys(schema).length === 0
  return JSON.stringify(free ? { answer: text } : sampleOf(schema))
}
