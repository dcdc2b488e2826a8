import assert from 'node:assert/strict'
import test from 'node:test'
import { asFault, Fault, type FaultKind, type FaultName, faults, publicSentence } from './faults.ts'

const all = Object.entries(faults) as [FaultName, FaultKind][]

test('every fault has a status of an error, a sentence, a hint and an exit code', () => {
  for (const [name, { status, code, says, hint, exit }] of all) {
    assert.ok(status >= 400 && status < 600, name)
    assert.ok(Number.isInteger(code) && code >= 1_000 && code < 3_000, name)
    assert.match(says, /^[a-z].*[^.]$/, `${name}: a sentence that a detail can continue`)
    assert.match(hint, /^[A-Z].*\.$/, `${name}: a hint is a sentence of its own`)
    assert.ok(Number.isInteger(exit) && exit > 0 && exit < 126, name)
  }
})

/** Design §4.15. */
test('statuses and codes are those of the table in the docs', () => {
  const table: Partial<Record<FaultName, readonly [status: number, code: number]>> = {
    window_empty: [429, 2056],
    not_in_plan: [403, 2061],
    credits_empty: [402, 1008],
    no_plan: [403, 2062],
    wallet_empty: [402, 1008],
    model_unknown: [404, 2013],
    dialect_unspoken: [501, 2013],
    store_down: [503, 1000],
    draining: [503, 1000],
    internal: [500, 1000],
  }
  for (const [name, [status, code]] of Object.entries(table)) {
    const fault = faults[name as FaultName]
    assert.deepEqual([fault.status, fault.code], [status, code], name)
  }
})

test('a failure of ours or of an engine says what it cost', () => {
  for (const [name, { status, hint }] of all) {
    if (status < 502) continue
    assert.match(hint, /Nothing was charged\.|paid only for what was delivered\./, name)
  }
})

test('a detail continues the sentence of the table', () => {
  assert.equal(new Fault('key_missing').message, faults.key_missing.says)
  assert.equal(
    publicSentence(new Fault('model_unknown', '"gpt-5"')),
    `invalid params, unknown model: "gpt-5". ${faults.model_unknown.hint}`,
  )
  assert.equal(
    publicSentence(new Fault('window_empty', '5-hour window is full')),
    'usage limit exceeded, 5-hour window is full',
  )
  for (const [name] of all) {
    const sentence = publicSentence(new Fault(name, 'the detail'))
    assert.ok(sentence.startsWith(faults[name].says) && sentence.includes('the detail'), name)
  }
})

test('an unknown error tells nothing of us', () => {
  const fault = asFault(new Error('connect ECONNREFUSED 10.0.0.5 with key sk-live-123'))
  assert.equal(fault.kind, 'internal')
  assert.equal(publicSentence(fault), `internal error. ${faults.internal.hint}`)
  for (const other of [undefined, null, 'text', { kind: 'key_missing' }])
    assert.equal(asFault(other).kind, 'internal')
  const known = new Fault('draining')
  assert.equal(asFault(known), known)
})
