import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  formatCredits,
  formatUsd,
  NANOS_PER_CREDIT,
  NANOS_PER_USD,
  parseDecimal,
  parseUsd,
  priceTokens,
  priceUnits,
} from './money.ts'

const nanos = fc.maxSafeNat()

describe('parseDecimal', () => {
  test('reads back what was written, of dollars and of credits', () => {
    fc.assert(
      fc.property(nanos, (amount) => {
        assert.equal(parseDecimal(formatUsd(amount).slice(1), NANOS_PER_USD), amount)
        assert.equal(parseDecimal(formatCredits(amount), NANOS_PER_CREDIT), amount)
      }),
    )
  })

  test('undefined for what is no amount, too fine or too large', () => {
    for (const text of ['', '-1', '.5', '1.', '1e3', 'NaN', '0.0000001', '9007199254.740992']) {
      assert.equal(parseDecimal(text, NANOS_PER_CREDIT), undefined, text)
    }
  })
})

describe('parseUsd', () => {
  test('reads decimals exactly', () => {
    assert.equal(parseUsd('0.30'), 300_000_000)
    assert.equal(parseUsd('0.375'), 375_000_000)
    assert.equal(parseUsd('0.0035'), 3_500_000)
    assert.equal(parseUsd('150'), 150 * NANOS_PER_USD)
    assert.equal(parseUsd('0.000000001'), 1)
    assert.equal(parseUsd('9007199.254740991'), Number.MAX_SAFE_INTEGER)
  })

  test('refuses what is not an amount it can hold exactly', () => {
    for (const text of [
      '',
      '-1',
      '+1',
      '.5',
      '1.',
      '1e3',
      '1,5',
      ' 1',
      '1_000',
      '0x1',
      '٣',
      '0.0000000001',
      '9007199.254740992',
    ]) {
      assert.throws(() => parseUsd(text), RangeError, text)
    }
  })

  test('undoes formatUsd', () => {
    fc.assert(fc.property(nanos, (amount) => parseUsd(formatUsd(amount).slice(1)) === amount))
  })
})

describe('prices', () => {
  test('are rounded up once', () => {
    assert.equal(priceTokens(1_000, 300_000_000), 300_000)
    assert.equal(priceTokens(1, 1), 1)
    assert.equal(priceTokens(0, 300_000_000), 0)
    assert.equal(priceTokens(1_000_000, 7), 7)
    assert.equal(priceTokens(1_000_001, 7), 8)
    assert.equal(priceUnits(3, { nanos: 3_500_000, per: 1 }), 10_500_000)
    assert.equal(priceUnits(1, { nanos: 10, per: 3 }), 4)
  })

  test('are exact close to 2^53 and beyond it', () => {
    assert.equal(priceTokens(9_007_199_253 * 1_000_000 + 1, 1), 9_007_199_254)
    assert.equal(priceUnits(Number.MAX_SAFE_INTEGER, { nanos: 1, per: 2 }), 2 ** 52)
    assert.equal(priceTokens(204_800_000, 2_400_000_000), 491_520_000_000)
    assert.equal(priceTokens(10_000_001, 1_200_000_001), 12_000_001_211)
  })

  test('agree with exact integers', () => {
    const small = fc.oneof(fc.nat(5), fc.nat(), fc.maxSafeNat())
    fc.assert(
      fc.property(small, small, fc.integer({ min: 1, max: 1_000_000_000 }), (units, price, per) => {
        const product = BigInt(units) * BigInt(price)
        const exact = product / BigInt(per) + (product % BigInt(per) > 0n ? 1n : 0n)
        if (exact > BigInt(Number.MAX_SAFE_INTEGER)) {
          assert.throws(() => priceUnits(units, { nanos: price, per }), RangeError)
        } else {
          assert.equal(BigInt(priceUnits(units, { nanos: price, per })), exact)
        }
      }),
    )
  })

  test('refuse amounts that are not whole', () => {
    for (const [tokens, price] of [
      [-1, 1],
      [1, -1],
      [0.5, 1],
      [1, 0.5],
      [Number.NaN, 1],
      [2 ** 53, 1],
    ] as const) {
      assert.throws(() => priceTokens(tokens, price), RangeError)
    }
    assert.throws(() => priceUnits(1, { nanos: 1, per: 0 }), RangeError)
  })
})

describe('amounts as text', () => {
  test('USD has two decimals at least', () => {
    assert.equal(formatUsd(396_000), '$0.000396')
    assert.equal(formatUsd(10 * NANOS_PER_USD), '$10.00')
    assert.equal(formatUsd(300_000_000), '$0.30')
    assert.equal(formatUsd(1), '$0.000000001')
    assert.equal(formatUsd(-1_500_000_000), '-$1.50')
    assert.equal(formatUsd(0), '$0.00')
  })

  test('credits have the decimals they need', () => {
    assert.equal(formatCredits(3_500_000), '3.5')
    assert.equal(formatCredits(5_000 * NANOS_PER_CREDIT), '5000')
    assert.equal(formatCredits(1), '0.000001')
    assert.equal(formatCredits(-30 * NANOS_PER_CREDIT), '-30')
    assert.equal(formatCredits(0), '0')
  })

  test('refuse what is not whole nanos', () => {
    assert.throws(() => formatUsd(0.5), RangeError)
    assert.throws(() => formatCredits(2 ** 53), RangeError)
  })
})
