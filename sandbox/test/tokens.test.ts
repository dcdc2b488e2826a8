import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { countTokens, fillerTokens, slicesOf, tokensOf } from '../src/tokens.ts'

const text = fc.string({ unit: 'binary' })

test('as many pieces as tokens, and the pieces are the text', () => {
  fc.assert(
    fc.property(text, (value) => {
      const pieces = [...tokensOf(value)]
      assert.equal(pieces.length, countTokens(value))
      assert.equal(pieces.join(''), value)
      assert.equal([...slicesOf(value)].join(''), value)
    }),
  )
})

test('what was cut after n pieces counts as n tokens', () => {
  fc.assert(
    fc.property(text, fc.nat(20), (value, n) => {
      const head = [...tokensOf(value)].slice(0, n)
      assert.equal(countTokens(head.join('')), head.length)
    }),
  )
})

test('the filler has exactly the tokens asked for', () => {
  for (const count of [0, 1, 2, 99]) {
    const pieces = [...fillerTokens(count, 7)]
    assert.equal(pieces.length, count)
    assert.equal(countTokens(pieces.join('')), count)
  }
})
