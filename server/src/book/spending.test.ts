import assert from 'node:assert/strict'
import test from 'node:test'
import { monthEndsAt, monthOf } from './spending.ts'

test('a month is told to the millisecond, in whatever order instants are asked about', () => {
  const begins = [Date.UTC(2026, 10), Date.UTC(2026, 11), Date.UTC(2027, 0), Date.UTC(2028, 1, 29), 0]
  const instants = begins.flatMap((at) => [at + 1, at - 1, at, at - 1, at + 86_400_000])
  for (const at of instants) {
    const iso = new Date(at).toISOString()
    assert.equal(monthOf(at), Number(iso.slice(0, 4) + iso.slice(5, 7)), iso)
    assert.equal(monthOf(monthEndsAt(at) - 1), monthOf(at))
    assert.notEqual(monthOf(monthEndsAt(at)), monthOf(at))
  }
})
