import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fault } from '../faults.ts'
import type { JsonObject } from './media-request.ts'

/** What the caller is told; fails where nothing was refused. */
export function refusalOf(read: () => unknown): string {
  try {
    read()
  } catch (fault) {
    assert.ok(fault instanceof Fault, String(fault))
    assert.equal(fault.kind, 'param_invalid')
    return fault.detail
  }
  throw new Error('nothing was refused')
}

type Read = (body: unknown) => unknown

/** One test for each: `least` with these fields laid over it is accepted. */
export function accepts(read: Read, least: JsonObject, table: readonly JsonObject[]): void {
  for (const fields of table) {
    test(`accepts ${named(fields)}`, () => assert.doesNotThrow(() => read({ ...least, ...fields })))
  }
}

/** One test for each: with these fields laid over `least` exactly this is said. */
export function refuses(
  read: Read,
  least: JsonObject,
  table: readonly (readonly [JsonObject, string])[],
): void {
  for (const [fields, sentence] of table) {
    test(`refuses ${named(fields)}`, () =>
      assert.equal(
        refusalOf(() => read({ ...least, ...fields })),
        sentence,
      ))
  }
}

function named(fields: JsonObject): string {
  const text = JSON.stringify(fields, (_name, value) => value ?? String(value))
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`
}
