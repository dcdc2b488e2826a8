import assert from 'node:assert/strict'
import test from 'node:test'
import type { Refusal, WindowReport } from '../book/refusal.ts'
import type { Model } from '../catalogue/catalogue.ts'
import { publicSentence } from '../faults.ts'
import { faultOf, windowName } from './refusals.ts'

/** The sentences of text are held over HTTP in test/http; here is what only units of media bring. */

const NOW = Date.UTC(2026, 10, 23, 12)
const window: WindowReport = {
  rule: { name: 'day', kind: 'daily', zone: 'UTC' },
  usedUnits: 3_800,
  heldUnits: 0,
  limitUnits: 4_000,
  nextFreeAt: Date.UTC(2026, 10, 24),
  usefulAt: Date.UTC(2026, 10, 23, 13),
  fullAt: Date.UTC(2026, 10, 24),
}
const about = {
  asked: 'speech-2.8-hd',
  model: { id: 'speech-2.8-hd' } as Model,
  dialect: 'native',
  now: NOW,
  units: 500,
  unit: 'character',
} as const

function fault(report: Partial<WindowReport>, more: Partial<Parameters<typeof faultOf>[1]> = {}) {
  const refusal: Refusal = {
    why: 'window-empty',
    planName: 'Max',
    window: { ...window, ...report },
    credits: 'overflow-off',
  }
  return faultOf(refusal, { ...about, ...more })
}

const sentence = (...args: Parameters<typeof fault>) => publicSentence(fault(...args))

test('several units are named where they fit again', () => {
  const says = sentence({})
  assert.ok(says.includes('daily usage limit reached for Token Plan Max (3800/4000 used)'), says)
  assert.ok(says.includes('. 500 characters fit again at 2026-11-24T00:00:00Z, everything is back at '), says)
  assert.ok(sentence({}, { units: 1, unit: 'image' }).includes('. A request fits again at 2026-11-24'), says)
})

test('a request larger than the whole window: it is said, and what fits at most; the time it never comes is not', () => {
  const never = { nextFreeAt: Number.POSITIVE_INFINITY, usedUnits: 0, usefulAt: NOW, fullAt: NOW }
  const refused = fault(never, { units: 5_000 })
  const says = publicSentence(refused)
  assert.ok(
    says.includes(
      'this request alone is larger than the daily window of Token Plan Max (0/4000 used): it asks for 5000 characters, at most 4000 fit. ',
    ),
    says,
  )
  assert.ok(!/fits? again|reached|resets|back at|Invalid|Infinity|NaN/.test(says), says)
  assert.equal(refused.resetsAt, null)
  assert.ok(
    says.includes(' To go on now: ask for less, ask the operator of this server to switch overflow on, '),
    says,
  )
  assert.deepEqual(
    [refused.kind, refused.headers['tokenplan-remaining'], refused.headers['tokenplan-reset']],
    ['window_empty', '4000', '0'],
  )
  assert.ok(says.includes('Automatic overflow to credits is switched off'), says)
})

test('what would make credits pay is what is said to help', () => {
  const shortage = { neededNanos: 5_000_000, balanceNanos: 6_000_000, heldNanos: 2_000_000, wallet: null }
  const capped = { capNanos: 2_000_000, spentNanos: 1, neededNanos: 2_000_000, resetsAt: NOW }
  for (const [credits, says, helps] of [
    ['overflow-off', 'switched off', 'ask the operator of this server to switch overflow on'],
    ['no-access', 'no access to the credits', 'ask the operator of this server for access to credits'],
    [
      shortage,
      'may need 5 credits; the team has 6, of which 2',
      'add credits or wait until running requests end',
    ],
    [{ ...shortage, heldNanos: 0 }, 'of which 0 are held', 'add credits'],
    [{ ...capped, cap: 'member' }, '2 credits a month', 'ask the operator of this server to raise the cap'],
    [{ ...capped, cap: 'key' }, '$0.002 a month', 'ask the operator of this server to raise the cap'],
  ] as const) {
    const window_empty = faultOf(
      { why: 'window-empty', planName: 'Max', window, credits },
      { ...about, dialect: 'openai-responses' },
    )
    assert.ok(window_empty.message.includes(says), window_empty.message)
    assert.ok(window_empty.message.includes(` To go on now: ${helps}, upgrade`), window_empty.message)
    assert.match(window_empty.headers['x-codex-promo-message'] ?? '', new RegExp(`^${helps}, upgrade`, 'i'))
    if (typeof credits !== 'string' && 'cap' in credits) continue
    const { message } = faultOf({ why: 'not-in-plan', credits }, about)
    assert.ok(message.includes(says) && message.includes(` To use it: ${helps}, choose a plan`), message)
  }
})

test('running units and what is left are those of the window', () => {
  const refused = fault({ heldUnits: 300 })
  assert.ok(refused.message.includes('(3800/4000 used, 300 of them running)'))
  assert.deepEqual(
    [refused.headers['tokenplan-remaining'], refused.headers['tokenplan-reset']],
    ['200', '43200'],
    'when it fits, as the text says',
  )
})

test('a window is named by its length, or by the calendar', () => {
  const HOUR_MS = 3_600_000
  const names = [0.001, 0.5, 1, 1.5, 5, 24, 48, 168].map((hours) =>
    windowName({ rule: { name: 'w', kind: 'anchored', windowMs: hours * HOUR_MS } }),
  )
  const lengths = ['3.6-second', '30-minute', '1-hour', '1.5-hour', '5-hour', '24-hour', '2-day', '7-day']
  assert.deepEqual(names, lengths)
  const rule = { name: 'w', kind: 'slot', windowMs: 5 * HOUR_MS, zone: 'UTC' } as const
  assert.equal(windowName({ rule }), '5-hour')
  assert.equal(windowName({ rule: { name: 'w', kind: 'weekly', zone: 'UTC' } }), 'weekly')
})
