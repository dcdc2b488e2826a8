import assert from 'node:assert/strict'
import test from 'node:test'
import {
  allowed,
  count,
  credits,
  date,
  grantedWords,
  moment,
  percentUsed,
  units,
  usd,
  wait,
} from './words.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/** Local time, so that the test holds in every zone. */
function local(day: number, hour: number, minute = 0, second = 0): number {
  return new Date(2026, 4, day, hour, minute, second).getTime()
}

test('thousands stand apart, decimals do not', () => {
  assert.equal(count(15_000), '15,000')
  assert.equal(count(999), '999')
  assert.equal(units(1, 'request'), '1 request')
  assert.equal(units(11_000, 'character'), '11,000 characters')
  assert.equal(credits(49_997_840_000), '49,997.84 credits')
  assert.equal(credits(1_000_000), '1 credit')
  assert.equal(usd(9_999_109_000), '$9.999109')
  assert.equal(usd(1_234_567_123_456_789), '$1,234,567.123456789')
})

test('what came back of an earlier window is said beside the limit', () => {
  assert.equal(allowed({ limit: 120, granted: 4 }), 124)
  assert.equal(grantedWords({ granted: 4 }), ', 4 of them given back')
  assert.equal(grantedWords({ granted: 0 }), '')
})

test('something is never 0 %, and something left never 100 %', () => {
  assert.equal(percentUsed(0, 15_000), '0 %')
  assert.equal(percentUsed(1, 15_000), '0.1 %')
  assert.equal(percentUsed(1_515, 15_000), '10.1 %')
  assert.equal(percentUsed(14_999, 15_000), '99.9 %')
  assert.equal(percentUsed(15_000, 15_000), '100 %')
})

test('who waits so long finds it true', () => {
  assert.equal(wait(0), '0 s')
  assert.equal(wait(1), '1 s')
  assert.equal(wait(90_001), '91 s')
  assert.equal(wait(2 * MINUTE_MS), '2 min')
  assert.equal(wait(HOUR_MS - 1), '1 h')
  assert.equal(wait(4 * HOUR_MS + 57 * MINUTE_MS + 1), '4 h 58 min')
  assert.equal(wait(6 * 24 * HOUR_MS + 1), '7 days')
})

test('a moment is said as its first whole minute, with the day where it is not today', () => {
  const now = local(20, 14)
  assert.equal(moment(local(20, 14, 31), now), '14:31')
  assert.equal(moment(local(20, 14, 31, 1), now), '14:32')
  assert.equal(moment(local(21, 0), now), '00:00 tomorrow')
  assert.equal(moment(local(20, 23, 59, 1), now), '00:00 tomorrow')
  assert.equal(moment(local(25, 0), now), '00:00 on Mon 25 May')
})

test('a date has its year only where that is another', () => {
  assert.equal(date(local(22, 9), local(20, 9)), 'Fri 22 May')
  assert.equal(date(local(20 + 365, 9), local(20, 9)), '20 May 2027')
})
