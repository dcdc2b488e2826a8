import { Fault } from '../faults.ts'
import { type Dialect, limitFields } from './dialect.ts'
import { type Field, type FieldKind, JsonScan, type Wanted, wantedFields } from './json-scan.ts'

/** What the gateway needs to know of a text request. The body itself is never built. */
export type TextRequest = {
  readonly model: string
  readonly stream: boolean
  /** The caller's own limit of output tokens; null without one. */
  readonly outputLimit: number | null
  readonly scan: JsonScan
}

type Rule = {
  readonly kinds: readonly FieldKind[]
  readonly required?: true
  readonly whole?: { min: number; max: number }
}

const NUMBER: Rule = { kinds: ['number'] }
const LIMIT: Rule = { kinds: ['number'], whole: { min: 1, max: Number.MAX_SAFE_INTEGER } }
const FLAG: Rule = { kinds: ['boolean'] }
const LIST: Rule = { kinds: ['array'] }
const OBJECT: Rule = { kinds: ['object'] }

const everywhere: Readonly<Record<string, Rule>> = {
  model: { kinds: ['string'], required: true },
  stream: FLAG,
  temperature: NUMBER,
  top_p: NUMBER,
  tools: LIST,
  metadata: OBJECT,
}
const chat: Readonly<Record<string, Rule>> = {
  ...everywhere,
  messages: { kinds: ['array'], required: true },
  max_tokens: LIMIT,
  max_completion_tokens: LIMIT,
  n: { kinds: ['number'], whole: { min: 1, max: 1 } },
  stream_options: OBJECT,
  reasoning_split: FLAG,
  tool_choice: { kinds: ['string', 'object'] },
}

/** Known top-level fields (spec of each dialect). Whatever else a client sends is never a reason to refuse. */
const rules: Readonly<Record<Dialect, Readonly<Record<string, Rule>>>> = {
  anthropic: {
    ...everywhere,
    messages: { kinds: ['array'], required: true },
    max_tokens: LIMIT,
    system: { kinds: ['string', 'array'] },
    tool_choice: OBJECT,
    thinking: OBJECT,
  },
  'openai-chat': chat,
  native: chat,
  'openai-responses': {
    ...everywhere,
    input: { kinds: ['string', 'array'], required: true },
    instructions: { kinds: ['string'] },
    max_output_tokens: LIMIT,
    tool_choice: { kinds: ['string', 'object'] },
    text: OBJECT,
    reasoning: OBJECT,
  },
}

/** Made once: every request asks for them. */
const required: Readonly<Record<Dialect, readonly string[]>> = {
  anthropic: requiredOf('anthropic'),
  'openai-chat': requiredOf('openai-chat'),
  'openai-responses': requiredOf('openai-responses'),
  native: requiredOf('native'),
}

function requiredOf(dialect: Dialect): string[] {
  return Object.keys(rules[dialect]).filter((name) => rules[dialect][name]?.required)
}

/** Longest value kept: a model id. `stream_options` is kept whole because usage may have to be asked for in it. */
const KEPT_BYTES = 256

const wanted: Readonly<Record<Dialect, Wanted>> = {
  anthropic: wantedOf('anthropic'),
  'openai-chat': wantedOf('openai-chat'),
  'openai-responses': wantedOf('openai-responses'),
  native: wantedOf('native'),
}

function wantedOf(dialect: Dialect): Wanted {
  const kept = (rule: Rule, name: string) =>
    name === 'stream_options' ||
    rule.kinds.some((kind) => kind === 'number' || kind === 'boolean') ||
    name === 'model'
  return wantedFields(
    Object.entries(rules[dialect]).map(([name, rule]) => [name, kept(rule, name) ? KEPT_BYTES : 0] as const),
  )
}

export function scanOf(dialect: Dialect): JsonScan {
  return new JsonScan(wanted[dialect])
}

/** Throws a Fault that names the field, the value and what was expected. */
export function readTextRequest(scan: JsonScan, dialect: Dialect): TextRequest {
  if (scan.problem?.problem === 'duplicate') {
    throw new Fault(
      'param_invalid',
      `${scan.problem.name}: given twice (at byte ${scan.problem.at}); give it once`,
    )
  }
  if (!scan.complete)
    throw new Fault('body_broken', scan.problem ? `at byte ${scan.problem.at}` : 'it ends too early')
  const known = rules[dialect]
  for (const name of required[dialect]) {
    const rule = known[name]
    if (rule && !scan.fields.has(name))
      throw new Fault('param_invalid', `${name}: missing, must be ${kindsOf(rule)}`)
  }
  for (const [name, field] of scan.fields) check(name, known[name], field)
  return {
    model: scan.fields.get('model')?.raw ?? '',
    stream: scan.fields.get('stream')?.raw === 'true',
    outputLimit: outputLimit(scan, dialect),
    scan,
  }
}

function check(name: string, rule: Rule | undefined, field: Field): void {
  if (!rule || (field.kind === 'null' && !rule.required)) return
  if (!rule.kinds.includes(field.kind)) {
    throw new Fault('param_invalid', `${name}: must be ${kindsOf(rule)}, got ${shown(field)}`)
  }
  if (name === 'model' && !field.raw) throw new Fault('param_invalid', 'model: must be the id of a model')
  if (rule.whole) checkWhole(name, rule.whole, field.raw ?? '')
}

function shown({ kind, raw }: Field): string {
  if (raw === undefined || kind === 'array' || kind === 'object')
    return `${/^[ao]/.test(kind) ? 'an' : 'a'} ${kind}`
  return kind === 'string' ? JSON.stringify(raw) : raw
}

function kindsOf(rule: Rule): string {
  return rule.kinds.map((kind) => `${/^[ao]/.test(kind) ? 'an' : 'a'} ${kind}`).join(' or ')
}

function checkWhole(name: string, { min, max }: { min: number; max: number }, raw: string): void {
  const value = Number(raw)
  if (Number.isInteger(value) && value >= min && value <= max) return
  const range = min === max ? `${min}` : `a whole number of at least ${min}`
  throw new Fault('param_invalid', `${name}: must be ${range}, got ${raw}`)
}

function outputLimit(scan: JsonScan, dialect: Dialect): number | null {
  let limit: number | null = null
  for (const name of limitFields[dialect]) {
    const field = scan.fields.get(name)
    if (field?.kind === 'number') limit = Math.min(limit ?? Number.MAX_SAFE_INTEGER, Number(field.raw))
  }
  return limit
}

/** Bounds of a sampling parameter; `open` excludes the lower one. Which hold is the engine's to say. */
export type Range = { readonly min: number; readonly open: boolean; readonly max: number }

export function checkRange(scan: JsonScan, name: string, range: Range): void {
  const field = scan.fields.get(name)
  if (field?.kind !== 'number') return
  const value = Number(field.raw)
  if (value <= range.max && (range.open ? value > range.min : value >= range.min)) return
  const span = `${range.open ? '(' : '['}${range.min}, ${range.max}]`
  throw new Fault('param_invalid', `${name}: must be in ${span}, got ${field.raw}`)
}
