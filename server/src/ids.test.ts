import assert from 'node:assert/strict'
import test from 'node:test'
import { operatorAccounts } from './book/ledger.ts'
import { BASE62, derive, idOfRequestId, idsFrom, randomBase62, requestIdOf } from './ids.ts'

const JANUARY = Date.UTC(2026, 0, 1)

test('ids rise, also within a millisecond and when the clock steps back', () => {
  let now = JANUARY + 5
  const ids = idsFrom(() => now)
  const given = [ids.next(), ids.next(), ids.next()]
  now -= 4
  given.push(ids.next())
  now += 60_000
  given.push(ids.next())
  assert.deepEqual(
    given,
    [...given].sort((a, b) => a - b),
  )
  assert.equal(new Set(given).size, given.length)
})

test('more ids than fit a millisecond borrow from the next one', () => {
  const ids = idsFrom(() => JANUARY + 5)
  const given = Array.from({ length: 10_000 }, () => ids.next())
  assert.equal(new Set(given).size, given.length)
  assert.equal((given.at(-1) ?? 0) - (given[0] ?? 0), 9_999)
})

test('after a restart ids go on above those given out, whatever the clock says', () => {
  const before = idsFrom(() => JANUARY + 1_000_000).next()
  assert.ok(idsFrom(() => JANUARY, before).next() > before)
  assert.ok(idsFrom(() => JANUARY + 2_000_000, before).next() > before + 1)
})

test('a clock before 2026 gives whole ids above the operator’s accounts', () => {
  const ids = idsFrom(() => 0)
  const id = ids.next()
  assert.ok(id > Math.max(...Object.values(operatorAccounts)))
  assert.equal(ids.next(), id + 1)
})

test('ids are safe integers for a lifetime', () => {
  const last = idsFrom(() => Date.UTC(2095, 0, 1)).next()
  assert.ok(Number.isSafeInteger(last))
  assert.ok(last.toString(16).length <= 14)
})

test('a request id hides nothing of its id and cannot be guessed from it', () => {
  const id = idsFrom(() => Date.UTC(2026, 10, 23)).next()
  const shown = requestIdOf(id)
  assert.match(shown, /^[0-9a-f]{32}$/)
  assert.equal(idOfRequestId(shown), id)
  assert.notEqual(requestIdOf(id), shown)
  assert.equal(idOfRequestId(requestIdOf(Number.MAX_SAFE_INTEGER)), Number.MAX_SAFE_INTEGER)
  const salts = new Set(Array.from({ length: 5_000 }, () => requestIdOf(id).slice(14)))
  assert.equal(salts.size, 5_000)
})

test('what is no request id is none', () => {
  for (const text of [
    '',
    'x',
    '1'.repeat(31),
    '1'.repeat(33),
    'G'.repeat(32),
    'A'.repeat(32),
    ` ${'1'.repeat(31)}`,
  ]) {
    assert.equal(idOfRequestId(text), undefined)
  }
})

test('random base62 has the length asked for and every character as often as another', () => {
  for (const length of [0, 1, 10, 32])
    assert.match(randomBase62(length), new RegExp(`^[0-9A-Za-z]{${length}}$`))
  const counts = new Map<string, number>()
  for (const character of randomBase62(620_000)) counts.set(character, (counts.get(character) ?? 0) + 1)
  assert.equal(counts.size, BASE62.length)
  // 10,000 expected, with a deviation of 100; eight characters would come 12,000 times if no byte were thrown away.
  for (const [character, count] of counts)
    assert.ok(Math.abs(count - 10_000) < 1_000, `${character}: ${count}`)
})

test('derived secrets are the same for the same root, and differ by purpose', () => {
  const root = Buffer.alloc(32, 7)
  assert.deepEqual(derive(root, 'pepper'), derive(Buffer.alloc(32, 7), 'pepper'))
  assert.notDeepEqual(derive(root, 'pepper'), derive(root, 'operator-token'))
  assert.notDeepEqual(derive(root, 'pepper'), derive(Buffer.alloc(32, 8), 'pepper'))
  assert.equal(derive(root, 'pepper').length, 32)
})
