import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { JsonScan, wantedFields } from './json-scan.ts'

const wanted = wantedFields([
  ['model', 64],
  ['stream', 64],
  ['usage', 1000],
  ['messages', 0],
])

function scan(text: string, sizes: readonly number[] = []): JsonScan {
  const bytes = Buffer.from(text)
  const found = new JsonScan(wanted)
  let at = 0
  for (const size of sizes) {
    found.push(bytes.subarray(at, at + size))
    at += size
  }
  found.push(bytes.subarray(at))
  return found
}

describe('the scan of a body', () => {
  test('finds kind, place and value of wanted fields', () => {
    const text = '{ "model" : "MiniMax-M2.7", "messages":[{"model":"inner","a":"}]"}], "stream":true }'
    const { fields, complete } = scan(text)
    assert.ok(complete)
    assert.equal(fields.get('model')?.raw, 'MiniMax-M2.7')
    assert.equal(fields.get('stream')?.raw, 'true')
    const messages = fields.get('messages')
    assert.equal(messages?.kind, 'array')
    assert.equal(messages?.raw, undefined)
    assert.equal(text.slice(messages?.start, messages?.end), '[{"model":"inner","a":"}]"}]')
  })

  test('an escaped name is the same name, so it cannot hide a second model', () => {
    assert.deepEqual(scan('{"model":"a","mod\\u0065l":"b"}').problem?.problem, 'duplicate')
  })

  test('a duplicate of a field nobody bills by is left alone', () => {
    assert.ok(scan('{"other":1,"other":2}').complete)
  })

  for (const broken of [
    '',
    '[]',
    '{',
    '{"model"}',
    '{"a":}',
    '{"a":1,}',
    '{"a":tru}',
    '{"a":1}x',
    '{"a":01}',
    '"{}"',
    '{a:1}',
  ]) {
    test(`${JSON.stringify(broken)} is not an object`, () => {
      assert.equal(scan(broken).complete, false)
    })
  }

  test('agrees with JSON.parse on any object, however it is cut into chunks', () => {
    const value = fc.jsonValue({ maxDepth: 3 })
    const body = fc.record({ model: value, stream: value, usage: value, noise: value })
    const sizes = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 60 })
    fc.assert(
      fc.property(body, sizes, fc.constantFrom(undefined, 2), (object, cuts, indent) => {
        const text = JSON.stringify(object, undefined, indent)
        const bytes = Buffer.from(text)
        const found = scan(text, cuts)
        assert.ok(found.complete, text)
        for (const name of ['model', 'stream', 'usage'] as const) {
          const field = found.fields.get(name)
          const raw = bytes.subarray(field?.start, field?.end).toString()
          assert.deepEqual(JSON.parse(raw), JSON.parse(JSON.stringify(object[name])))
        }
      }),
      { numRuns: 500 },
    )
  })
})
