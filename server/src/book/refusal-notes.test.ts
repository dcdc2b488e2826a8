import assert from 'node:assert/strict'
import test from 'node:test'
import type { Ask } from './decide.ts'
import { RefusalNotes } from './refusal-notes.ts'

const SECOND = Date.UTC(2026, 10, 23, 12)

const ask: Ask = {
  id: 1,
  keyKind: 'plan',
  team: 1,
  member: 2,
  secret: 3,
  resource: 'text',
  resourceLabel: 5,
  modelLabel: 6,
  highspeed: false,
  units: 1,
  nanos: 100,
  unitPrice: null,
  crashUnits: 1,
  priceVersion: 8,
}

test('of each second the first thousand refusals are kept', () => {
  const notes = new RefusalNotes()
  const keptOf = (at: number, count: number) =>
    Array.from({ length: count }, () => notes.of(ask, null, { why: 'no-plan' }, at)).filter(Boolean).length
  assert.deepEqual([keptOf(SECOND, 999), keptOf(SECOND + 999, 3)], [999, 1])
  assert.deepEqual([keptOf(SECOND + 1000, 1_001), keptOf(SECOND + 2000, 1)], [1_000, 1])
})
