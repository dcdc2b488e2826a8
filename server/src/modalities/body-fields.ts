import { z } from 'zod'
import { Fault } from '../faults.ts'
import { isObject, type JsonObject } from './media-request.ts'

/**
 * The fields of media bodies. Every message says what a field must be, so that one function makes the sentence of any
 * refusal. Fields we do not know pass, and `null` counts as absent: clients send both.
 */
const SHOWN_CHARACTERS = 100

/** The known fields of a body, checked. Throws a Fault that names the first wrong one. */
export function readFields<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const read = schema.safeParse(body)
  if (read.success) return read.data
  const [issue] = read.error.issues
  if (!isObject(body) || issue === undefined) throw new Fault('body_broken')
  throw new Fault('param_invalid', sentence(issue, body))
}

/** For a rule over several fields, in the same words. */
export function refuse(field: string, must: string, value: unknown): never {
  throw new Fault('param_invalid', sayWrong(field, must, value))
}

/** For what may come in several fields, of which one has to be there. */
export function oneAlone(body: JsonObject, names: readonly string[]): void {
  const given = names.filter((name) => (body[name] ?? '') !== '')
  if (given.length === 1) return
  refuse(eitherOf(names), 'given, one of them alone', given.length === 0 ? undefined : given.join(', '))
}

function sentence(issue: z.core.$ZodIssue, body: JsonObject): string {
  const field = issue.path.reduce<string>(
    (path, part) => (typeof part === 'number' ? `${path}[${part}]` : `${path && `${path}.`}${String(part)}`),
    '',
  )
  const value = issue.path.reduce<unknown>(
    (inner, part) => (inner as Record<PropertyKey, unknown> | undefined)?.[part],
    body,
  )
  const counted = issue.code === 'custom' && issue.params?.counted === true && typeof value === 'string'
  if (counted) return `${field}: must be ${issue.message}, got ${plain(countCodePoints(value))}`
  return sayWrong(field, issue.message, value)
}

function sayWrong(field: string, must: string, value: unknown): string {
  if (value === undefined || value === null) return `${field}: missing, must be ${must}`
  return `${field}: must be ${must}, got ${shown(value)}`
}

/** Never a whole prompt or picture: the sentence ends up in the logs of clients. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object') return 'an object'
  if (typeof value !== 'string') return String(value)
  if (value.length <= SHOWN_CHARACTERS) return JSON.stringify(value)
  return `${JSON.stringify(value.slice(0, SHOWN_CHARACTERS))}… (${plain(value.length)} characters)`
}

function plain(count: number): string {
  return count.toLocaleString('en-US')
}

export function optional<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullish()
}

export const modelId = z.string('the id of a model').min(1, 'the id of a model')
export const flag = z.boolean('true or false')
export const anyText = z.string('a text')
export const anyNumber = z.number('a number')

export function fields<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.looseObject(shape, 'an object')
}

/** Lengths of text count code points, as the provider's pages do: an emoji is one character. */
export function textOf(least: number, most: number) {
  const must =
    least === 0 ? `at most ${plain(most)} characters` : `${plain(least)} to ${plain(most)} characters`
  return z.string(`a text of ${must}`).refine((text) => fits(text, least, most), {
    error: must,
    params: { counted: true },
  })
}

export function numberIn(least: number, most: number) {
  const must = `a number from ${least} to ${most}`
  return z.number(must).min(least, must).max(most, must)
}

export function numberAbove(bound: number, most: number) {
  const must = `a number above ${bound} and at most ${most}`
  return z.number(must).gt(bound, must).max(most, must)
}

export function wholeIn(least: number, most: number) {
  const must = `a whole number from ${plain(least)} to ${plain(most)}`
  return z.int(must).min(least, must).max(most, must)
}

export const whole = z.int('a whole number')
export const fileId = z.int('the number of a file').min(0, 'the number of a file')

export function oneOf<const Value extends string | number>(...values: readonly [Value, ...Value[]]) {
  return z.literal([...values], eitherOf(values.map(String)))
}

/** `a`, `a or b`, `a, b or c`. */
export function eitherOf(words: readonly string[]): string {
  const last = words.at(-1) ?? ''
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`
}

export function listOf<Item extends z.ZodType>(item: Item, most: number, what: string) {
  const must = most === 1 ? `a list with one ${what}` : `a list of 1 to ${most} ${what}s`
  return z.array(item, must).min(1, must).max(most, must)
}

export const webUrl = z.string('an http(s) URL').refine(isWebUrl, 'an http(s) URL')

export function countCodePoints(text: string): number {
  let points = 0
  for (const _point of text) points += 1
  return points
}

function fits(text: string, least: number, most: number): boolean {
  // A code point has one or two units: a far too long text is not walked through.
  if (text.length < least || text.length > 2 * most) return false
  const points = countCodePoints(text)
  return points >= least && points <= most
}

export function isWebUrl(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text)
}
