import type { Dialect } from './dialect.ts'

/** Tokens as an engine reports them, in one form: `input` excludes what was read from or written to a cache. */
export type ReportedTokens = {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite: number
}

/** Undefined when the value is not a usage object of this dialect. */
export function readUsage(dialect: Dialect, usage: unknown): Partial<ReportedTokens> | undefined {
  if (typeof usage !== 'object' || usage === null) return undefined
  const from = usage as Record<string, unknown>
  return dialect === 'anthropic' ? anthropicUsage(from) : openaiUsage(from)
}

/** input_tokens excludes both cache counts; message_delta may carry output_tokens alone. */
function anthropicUsage(usage: Record<string, unknown>): Partial<ReportedTokens> {
  return withoutUndefined({
    input: count(usage.input_tokens),
    output: count(usage.output_tokens),
    cacheRead: count(usage.cache_read_input_tokens),
    cacheWrite: count(usage.cache_creation_input_tokens),
  })
}

/** prompt_tokens (or input_tokens) includes the cached ones; reasoning is part of the output. */
function openaiUsage(usage: Record<string, unknown>): Partial<ReportedTokens> | undefined {
  const input = count(usage.prompt_tokens) ?? count(usage.input_tokens)
  const output = count(usage.completion_tokens) ?? count(usage.output_tokens)
  if (input === undefined || output === undefined) return undefined
  const details = usage.prompt_tokens_details ?? usage.input_tokens_details
  const cached = Math.min(
    count((details as Record<string, unknown> | null | undefined)?.cached_tokens) ?? 0,
    input,
  )
  return { input: input - cached, output, cacheRead: cached, cacheWrite: 0 }
}

function withoutUndefined(
  tokens: { [name in keyof ReportedTokens]: number | undefined },
): Partial<ReportedTokens> {
  return Object.fromEntries(Object.entries(tokens).filter(([, value]) => value !== undefined))
}

/** Engines are not trusted with our arithmetic: whole, not negative, below any context there is. */
function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 1e12
    ? value
    : undefined
}
