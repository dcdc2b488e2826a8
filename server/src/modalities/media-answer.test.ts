import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readOutcome } from './media-answer.ts'

const outcomes: [unknown, number, string][] = [
  [{ base_resp: { status_code: 0, status_msg: 'success' } }, 0, 'success'],
  [{ base_resp: { status_code: 1026, status_msg: 'input sensitive' } }, 1026, 'input sensitive'],
  [{ base_resp: { status_code: '2013' } }, 2013, ''],
  [{ base_resp: { status_code: -1, status_msg: 'no' } }, 1000, 'no'],
  [{ base_resp: null }, 0, ''],
  [{}, 0, ''],
  ['text', 0, ''],
]
for (const [json, code, message] of outcomes) {
  test(`${JSON.stringify(json)}: ${code}`, () => assert.deepEqual(readOutcome(json), { code, message }))
}
