import { NANOS_PER_USD, type Nanos, parseUsd } from '../money.ts'
import { complain, describe, type Field, isWritten, suggestion } from './fields.ts'

const DURATION = /^([1-9]\d{0,8})(s|m|h|d)$/
const DURATION_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const LONGEST_MS = 3_660 * DURATION_MS.d
const INSTANT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/

/** Every checker complains and then answers with a stand-in, so that one run finds all mistakes. */
type Check<T> = (field: Field) => T

export function optional<T, U>(field: Field, check: Check<T>, otherwise: U): T | U {
  return isWritten(field) && !isNothing(field) ? check(field) : otherwise
}

export function text(field: Field): string {
  const found = scalar(field, 'must be a text')
  if (found === '') complain(field, 'must not be empty')
  return found ?? ''
}

export function wholeNumber(field: Field, range: { from: number; to: number }): number {
  const wanted = `must be a whole number from ${grouped(range.from)} to ${grouped(range.to)}`
  const found = scalar(field, wanted)
  if (found === null) return range.from
  const value = /^\d{1,16}$/.test(found) ? Number(found) : Number.NaN
  if (value >= range.from && value <= range.to) return value
  complain(field, `${wanted}, got ${JSON.stringify(found)}`)
  return range.from
}

export function usd(field: Field): Nanos {
  const wanted = 'must be an amount in USD such as 0.30, with at most 9 decimals'
  const found = scalar(field, wanted)
  if (found === null) return 0
  const nanos = tryUsd(found)
  if (nanos !== null && nanos <= 1_000_000 * NANOS_PER_USD) return nanos
  complain(field, `${wanted} and at most 1,000,000, got ${JSON.stringify(found)}`)
  return 0
}

export function trueOrFalse(field: Field): boolean {
  const found = scalar(field, 'must be true or false')
  if (found !== null && found !== 'true' && found !== 'false') {
    complain(field, `must be true or false, got ${JSON.stringify(found)}`)
  }
  return found === 'true'
}

export function oneOf<Name extends string>(field: Field, names: readonly [Name, ...Name[]]): Name {
  const found = scalar(field, `must be one of ${names.join(', ')}`)
  const name = names.find((candidate) => candidate === found)
  if (name !== undefined || found === null) return name ?? names[0]
  complain(field, `${JSON.stringify(found)} is not allowed here${suggestion(found, names)}`)
  return names[0]
}

export function duration(field: Field): number {
  const wanted = 'must be a length of time such as 30m, 5h or 365d'
  const found = scalar(field, wanted)
  if (found === null) return 1
  const [, count, unit] = DURATION.exec(found) ?? []
  const ms = Number(count ?? 0) * DURATION_MS[(unit ?? 's') as keyof typeof DURATION_MS]
  if (ms > 0 && ms <= LONGEST_MS) return ms
  complain(field, `${wanted}, at most 10 years, got ${JSON.stringify(found)}`)
  return 1
}

/** Milliseconds since the epoch. A date alone means 00:00 UTC. */
export function instant(field: Field): number {
  const wanted = 'must be an ISO date such as 2026-03-18 or 2026-03-18T02:00:00Z'
  const found = scalar(field, wanted)
  if (found === null) return 0
  const at = INSTANT.test(found) ? parseInstant(found) : Number.NaN
  if (!Number.isNaN(at)) return at
  complain(field, `${wanted}, got ${JSON.stringify(found)}`)
  return 0
}

export function timeZone(field: Field): string {
  const found = scalar(field, 'must be a time zone such as UTC or Asia/Shanghai')
  if (found === null) return 'UTC'
  try {
    return new Intl.DateTimeFormat('en', { timeZone: found }).resolvedOptions().timeZone
  } catch {
    complain(field, `must be a time zone such as UTC or Asia/Shanghai, got ${JSON.stringify(found)}`)
    return 'UTC'
  }
}

export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',')
}

function scalar(field: Field, wanted: string): string | null {
  const { tree } = field
  if (tree?.kind === 'scalar' && !isNothing(field)) return tree.text
  complain(field, tree === null ? 'is missing' : `${wanted}, got ${describe(tree)}`)
  return null
}

function isNothing({ tree }: Field): boolean {
  return tree?.kind === 'scalar' && !tree.quoted && ['', '~', 'null'].includes(tree.text)
}

function tryUsd(found: string): Nanos | null {
  try {
    return parseUsd(found)
  } catch {
    return null
  }
}

/** `Date.parse` turns 31 February into March; the day written must be the day read. */
function parseInstant(found: string): number {
  const day = found.slice(0, 10)
  const midnight = Date.parse(`${day}T00:00:00Z`)
  const exists = !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day)
  return exists ? Date.parse(found) : Number.NaN
}
