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
      'This request alone is larger than the window: it asks for 5000 characters, at most 4000 fit',
    ),
    says,
  )
  assert.ok(!/fits? again|Invalid|Infinity|NaN/.test(says), says)
  assert.deepEqual(
    [refused.kind, refused.headers['tokenplan-remaining'], refused.headers['tokenplan-reset']],
    ['window_empty', '4000', '0'],
  )
  assert.ok(says.includes('Automatic overflow to credits is switched off'), says)
})

test('running units and what is left are those of the window', () => {
  const refused = fault({ heldUnits: 300 })
  assert.ok(refused.message.includes('(3800/4000 used, 300 of them running)'))
  assert.deepEqual(
    [refused.headers['tokenplan-remaining'], refused.headers['tokenplan-reset']],
    ['200', '3600'],
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
