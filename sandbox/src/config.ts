import { parseArgs } from 'node:util'
import { type DialectName, dialectNames } from './dialects/dialect.ts'
import { defaults, type SandboxOptions } from './server.ts'

export const USAGE = `usage: sandbox [--port 8788] [--host 127.0.0.1] [--dialects anthropic,openai-chat,openai-responses,native]
               [--models a,b] [--key K] [--seed S] [--pace MS]
Each flag has an environment form: SANDBOX_PORT, SANDBOX_HOST, SANDBOX_DIALECTS, SANDBOX_MODELS, SANDBOX_KEY, …`

/** Flags first, then the environment. Throws an Error whose message a person can act on. */
export function readConfig(args: readonly string[], env = process.env): SandboxOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string' },
      host: { type: 'string' },
      dialects: { type: 'string' },
      models: { type: 'string' },
      key: { type: 'string' },
      seed: { type: 'string' },
      pace: { type: 'string' },
    },
  })
  const read = (name: keyof typeof values) =>
    values[name] ?? (env[`SANDBOX_${name.toUpperCase()}`] || undefined)
  const models = listed(read('models'))
  return {
    port: numbered('port', read('port'), { max: 65_535, otherwise: defaults.port }),
    host: read('host'),
    dialects: listed(read('dialects'))?.map(toDialect),
    models,
    key: read('key'),
    seed: read('seed'),
    paceMs: numbered('pace', read('pace'), { max: 60_000, otherwise: defaults.paceMs }),
  }
}

function listed(text: string | undefined): string[] | undefined {
  const items = text?.split(',').map((item) => item.trim()) ?? []
  const named = items.filter((item) => item !== '')
  return named.length === 0 ? undefined : named
}

function toDialect(text: string): DialectName {
  const name = dialectNames.find((known) => known === text)
  if (name === undefined) throw new Error(`--dialects knows ${dialectNames.join(', ')}, not ${text}`)
  return name
}

function numbered(name: string, text: string | undefined, range: { max: number; otherwise: number }): number {
  if (text === undefined) return range.otherwise
  const value = Number(text)
  const whole = name === 'pace' || Number.isInteger(value)
  if (text.trim() !== '' && whole && value >= 0 && value <= range.max) return value
  throw new Error(`--${name} takes a number from 0 to ${range.max}, not ${text}`)
}
