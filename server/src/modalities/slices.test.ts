import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { countTokens, firstSlice, heldAfter, SLICE_TOKENS } from './slices.ts'

const limits = fc.option(fc.integer({ min: 1, max: 300_000 }), { nil: null })
const tokens = fc.integer({ min: 0, max: 400_000 })

test('the first slice is 1,024 tokens or the caller’s own limit', () => {
  assert.deepEqual(
    [firstSlice(null), firstSlice(5000), firstSlice(1024), firstSlice(7)],
    [1024, 1024, 1024, 7],
  )
})

test('what is held covers what is wanted, within the limit and less than a slice beyond it', () => {
  fc.assert(
    fc.property(limits, fc.array(tokens, { minLength: 1, maxLength: 20 }), (limit, wants) => {
      let held = firstSlice(limit)
      for (const wanted of wants) {
        if (wanted <= held) continue
        const grown = heldAfter(held, wanted, limit)
        assert.ok(grown > held, 'an ask is for more')
        assert.ok(
          grown <= (limit ?? Number.POSITIVE_INFINITY) || held >= (limit ?? 0),
          'the limit first, and more only behind it',
        )
        assert.ok(grown >= wanted || grown === limit, 'one ask suffices')
        assert.ok(grown - wanted < SLICE_TOKENS, 'no slice too many')
        held = grown
      }
    }),
  )
})

test('ahead of need it is one slice more, and less where the limit ends it', () => {
  assert.equal(heldAfter(1024, 600, null), 2048)
  assert.equal(heldAfter(1024, 600, 1500), 1500)
  assert.equal(heldAfter(1024, 9000, null), 1024 * 9)
  assert.equal(heldAfter(1024, 9000, 1500), 1500)
  assert.equal(heldAfter(1500, 9000, 1500), 1500 + 1024 * 8)
})

test('output counts by bytes, by events or as reported, whichever is most', () => {
  const report = { tokens: undefined, deliveredBytes: 10, finished: false, errorCode: 0 }
  assert.equal(countTokens(report, 1), 4)
  assert.equal(countTokens(report, 5), 5)
  const reported = { input: 3, output: 9, cacheRead: 0, cacheWrite: 0 }
  assert.equal(countTokens({ ...report, tokens: reported }, 5), 9)
  assert.equal(countTokens({ ...report, tokens: { ...reported, output: 1e12 } }, 5), 10_000_000)
})
