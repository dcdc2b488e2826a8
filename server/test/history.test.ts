import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { SlidingWindow } from '../src/book/windows/sliding.ts'
import { type Call, checkHistory, slidingQuota } from './history.ts'

const LIMIT = 3
const WINDOW_MS = 100
const quota = slidingQuota(LIMIT, WINDOW_MS)

function call(calledAt: number, answeredAt: number, changes: Partial<Call> = {}): Call {
  return { node: 'a', kind: 'admitted', units: 1, calledAt, answeredAt, ...changes }
}

function whats(calls: readonly Call[]): string[] {
  return checkHistory(calls, quota).map(({ what }) => what)
}

const three = [call(0, 5), call(1, 6, { node: 'b' }), call(2, 7, { node: 'c' })]
const refused = { kind: 'refused' } as const

test('a full window and a refusal in it are right; a fourth unit is not', () => {
  assert.deepEqual(whats([...three, call(8, 9, refused)]), [])
  assert.deepEqual(whats([...three, call(8, 9)]), ['overshoot'])
  assert.deepEqual(whats([call(0, 1, { units: 4 })]), ['overshoot'])
})

test('a refusal while there was room is wrong, also when the window fills only after its answer', () => {
  assert.deepEqual(whats([call(0, 5), call(6, 7, refused)]), ['refused with room'])
  assert.deepEqual(whats([call(0, 5), call(6, 7, { ...refused, units: 3 })]), [])
  assert.deepEqual(whats([call(0, 1), call(2, 3, refused), call(4, 5), call(4, 5)]), ['refused with room'])
})

test('calls at the same time may have been decided in any order', () => {
  assert.deepEqual(whats([call(0, 10), call(0, 10), call(9, 30), call(5, 10, refused)]), [])
  assert.deepEqual(whats([call(0, 10), call(0, 10), call(11, 30), call(5, 10, refused)]), [
    'refused with room',
  ])
})

test('a unit is back exactly one window after it was taken', () => {
  const exact = [call(0, 0), call(1, 1), call(2, 2)]
  assert.deepEqual(whats([...exact, call(99, 99)]), ['overshoot'])
  assert.deepEqual(whats([...exact, call(100, 100)]), [])
  assert.deepEqual(whats([...exact, call(99, 99, refused)]), [])
  assert.deepEqual(whats([...exact, call(100, 100, refused)]), ['refused with room'])
})

test('what was given back may be taken from the call of its end on, and must be there after its answer', () => {
  const back = call(0, 5, { endedAt: 20, givenBack: 1, backBy: 30 })
  const rest = three.slice(1)
  assert.deepEqual(whats([back, ...rest, call(10, 15)]), ['overshoot'])
  assert.deepEqual(whats([back, ...rest, call(18, 22)]), [])
  assert.deepEqual(whats([back, ...rest, call(22, 28, refused)]), [])
  assert.deepEqual(whats([back, ...rest, call(31, 32, refused)]), ['refused with room'])
})

test('what nobody answered may have been taken, but need not have been', () => {
  const cut = call(0, Number.POSITIVE_INFINITY, { kind: 'unknown' })
  assert.deepEqual(whats([cut, ...three.slice(1), call(8, 9, refused)]), [])
  assert.deepEqual(whats([cut, ...three, call(8, 9, refused)]), [])
})

test('a real window’s answers, one after the other, are right, and turning any of them around is not', () => {
  const gaps = fc.array(fc.record({ gap: fc.nat(40), units: fc.integer({ min: 1, max: 3 }) }), {
    minLength: 1,
    maxLength: 40,
  })
  fc.assert(
    fc.property(gaps, fc.nat(39), (list, at) => {
      const window = new SlidingWindow(WINDOW_MS)
      let now = 0
      const calls = list.map(({ gap, units }) => {
        now += gap + 1
        const fits = window.usedAt(now) + units <= LIMIT
        if (fits) window.take(now, units)
        return call(now, now, { units, kind: fits ? 'admitted' : 'refused' })
      })
      assert.deepEqual(whats(calls), [])
      const turned = calls[at % calls.length]
      assert.ok(turned)
      const kind = turned.kind === 'admitted' ? 'refused' : 'admitted'
      assert.ok(whats(calls.with(at % calls.length, { ...turned, kind })).length > 0)
    }),
  )
})
