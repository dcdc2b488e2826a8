import { asObject, type Json, type JsonObject } from '../json.ts'
import { invalid } from './answer.ts'

/** Fields of a request, each read with its bounds. What is null counts as left out; what is wrong throws 2013. */
export interface Bounds {
  readonly min: number
  readonly max: number
  /** `min` itself is too little. */
  readonly above?: boolean
  readonly whole?: boolean
  readonly otherwise: number
}

export function readNumber(value: Json | undefined, field: string, bounds: Bounds): number {
  if (value === undefined || value === null) return bounds.otherwise
  const { min, max, above = false, whole = false } = bounds
  const fits =
    typeof value === 'number' &&
    (above ? value > min : value >= min) &&
    value <= max &&
    (!whole || Number.isInteger(value))
  if (fits) return value
  const kind = whole ? 'a whole number' : 'a number'
  throw invalid(
    `${field} must be ${kind} ${above ? 'above' : 'from'} ${min} ${above ? 'up to' : 'to'} ${max}`,
  )
}

export function readChoice<T extends Json>(
  value: Json | undefined,
  field: string,
  { of, otherwise }: { readonly of: readonly T[]; readonly otherwise: T },
): T {
  if (value === undefined || value === null) return otherwise
  const chosen = of.find((one) => one === value)
  if (chosen === undefined) throw invalid(`${field} must be one of ${of.join(', ')}`)
  return chosen
}

export function readFlag(value: Json | undefined, field: string, otherwise = false): boolean {
  return readChoice(value, field, { of: [true, false], otherwise })
}

/** Empty where it is left out. Lengths are counted in characters, not in UTF-16 units. */
export function readText(value: Json | undefined, field: string, maxCharacters: number): string {
  if (value === undefined || value === null) return ''
  if (typeof value !== 'string') throw invalid(`${field} must be a string`)
  if (value.length > maxCharacters && charactersOf(value) > maxCharacters) {
    throw invalid(`${field} must have at most ${maxCharacters} characters`)
  }
  return value
}

export function needText(value: Json | undefined, field: string, maxCharacters: number): string {
  const text = readText(value, field, maxCharacters)
  if (text.trim() === '') throw invalid(`${field} is required`)
  return text
}

/** An empty object where it is left out. */
export function readGroup(value: Json | undefined, field: string): JsonObject {
  if (value === undefined || value === null) return {}
  const group = asObject(value)
  if (group === undefined) throw invalid(`${field} must be an object`)
  return group
}

/** Clients write the numbers of files as numbers and as text. */
export function readFileId(value: Json | undefined, field: string): number | undefined {
  if (value === undefined || value === null || value === '') return undefined
  const id = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value
  if (typeof id !== 'number' || !Number.isSafeInteger(id))
    throw invalid(`${field} must be the number of a file`)
  return id
}

export function charactersOf(text: string): number {
  let count = 0
  for (const _ of text) count += 1
  return count
}
