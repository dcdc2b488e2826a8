/** The wire shape a client speaks. */
export const dialects = ['anthropic', 'openai-chat', 'openai-responses', 'native'] as const
export type Dialect = (typeof dialects)[number]

export function isDialect(name: string): name is Dialect {
  return (dialects as readonly string[]).includes(name)
}

/** The field that limits the output, the first one being the one we put in when a request has none. */
export const limitFields: Readonly<Record<Dialect, readonly [string, ...string[]]>> = {
  anthropic: ['max_tokens'],
  'openai-chat': ['max_completion_tokens', 'max_tokens'],
  'openai-responses': ['max_output_tokens'],
  native: ['max_completion_tokens', 'max_tokens'],
}
