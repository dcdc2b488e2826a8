import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { AnchoredWindow } from '../../src/book/windows/anchored.ts'
import { openWindow } from '../../src/book/windows/open.ts'
import type { Period } from '../../src/book/windows/periods.ts'
import type { Window } from '../../src/book/windows/window.ts'
import type { WindowRule } from '../../src/catalogue/catalogue.ts'
import { type Change, changes, DAY_MS, shownPeriod } from './wall-clock.ts'

/** Every kind of window against a list of everything that was taken and given back, summed at every question. */

const HOUR_MS = 3_600_000
const POINTS = 12

type Use = { readonly at: number; readonly units: number; end: { at: number; kept: number } | null }

class List {
  readonly uses: Use[] = []
  readonly rule: WindowRule
  readonly change: Change

  constructor(rule: WindowRule, change: Change) {
    this.rule = rule
    this.change = change
  }

  usedAt(now: number): number {
    const { rule } = this
    if (rule.kind === 'sliding')
      return sum(this.uses.map((use) => (now - use.at < rule.windowMs ? use.units - backOf(use) : 0)))
    const period = this.periodAt(now)
    if (!period) return 0
    const taken = this.uses.map(({ at, units }) => (at >= period.startsAt ? units : 0))
    return sum(taken) - sum(this.uses.map((use) => (this.#isGiven(use, period) ? backOf(use) : 0)))
  }

  /** A day's grants from its first millisecond on; an anchored window's from the one after. */
  #isGiven({ at, end }: Use, { startsAt }: Period): boolean {
    if (!end || at >= startsAt) return true
    return this.rule.kind === 'anchored' ? end.at > startsAt : end.at >= startsAt
  }

  periodAt(now: number): Period | null {
    if ('zone' in this.rule) return shownPeriod(this.rule, this.change, now)
    const { windowMs } = this.rule
    const begunAt = this.begunAt()
    if (begunAt === null || now >= begunAt + windowMs) return null
    return { startsAt: begunAt, endsAt: begunAt + windowMs }
  }

  /** Where the last window began, each with the first use after the one before had ended. */
  begunAt(): number | null {
    const windowMs = 'windowMs' in this.rule ? this.rule.windowMs : 0
    let begunAt: number | null = null
    for (const { at, end } of this.uses) {
      const undone = end?.at === at && end.kept === 0
      if (!undone && (begunAt === null || at >= begunAt + windowMs)) begunAt = at
    }
    return begunAt
  }

  /** Answers change at no other instants while nothing happens. */
  changesFrom(now: number): number[] {
    const { rule } = this
    if (rule.kind !== 'sliding') return [now, this.periodAt(now)?.endsAt ?? now]
    const returns = this.uses.map(({ at }) => at + rule.windowMs).filter((at) => at > now)
    return [now, ...returns.sort((a, b) => a - b)]
  }
}

function backOf({ units, end }: Use): number {
  return end ? units - end.kept : 0
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function compare(window: Window, list: List, now: number): void {
  const used = list.usedAt(now)
  assert.equal(window.usedAt(now), used, 'used')
  const instants = list.changesFrom(now)
  for (const [units, limit] of [
    [1, 3],
    [2, 6],
    [5, 4],
  ] as const) {
    const fits = instants.find((at) => list.usedAt(at) + units <= limit)
    const never = units > limit && (list.rule.kind === 'sliding' || fits !== now)
    assert.equal(window.freeAt(now, units, limit), never ? Number.POSITIVE_INFINITY : fits, 'free')
  }
  assert.equal(
    window.fullAt(now),
    instants.find((at) => list.usedAt(at) <= 0),
    'full',
  )
  assert.deepEqual(window.spanAt(now), spanOf(list, now), 'span')
  const returns = window.returnsAt(now, POINTS)
  assert.equal(returns.at(-1)?.units ?? 0, Math.max(0, used), 'all of it comes back')
  for (const { at, units } of returns) assert.equal(units, used - list.usedAt(at), 'a return')
}

function spanOf(list: List, now: number): Period {
  const { rule } = list
  const windowMs = 'windowMs' in rule ? rule.windowMs : 0
  const oldest = list.uses.find((use) => now - use.at < windowMs && use.units > backOf(use))?.at ?? now
  if (rule.kind === 'sliding') return { startsAt: oldest, endsAt: oldest + windowMs }
  return list.periodAt(now) ?? { startsAt: now, endsAt: now + windowMs }
}

/** What a load does: the uses that may count, in order, then what was given back, in order. */
function loaded(list: List, now: number): Window {
  const window = openWindow({ rule: list.rule, limitUnits: 1 })
  const begunAt = list.begunAt()
  if (window instanceof AnchoredWindow && begunAt !== null) window.begin(begunAt)
  const from = window.countsFrom(now)
  for (const { at, units } of list.uses) if (at >= from) window.take(at, units)
  const ended = list.uses.filter(({ end }) => end).sort((a, b) => (a.end?.at ?? 0) - (b.end?.at ?? 0))
  for (const use of ended) if (backOf(use) > 0) window.giveBack(use.at, backOf(use), use.end?.at ?? 0)
  return window
}

type Act =
  | { readonly kind: 'take'; readonly units: number }
  | { readonly kind: 'end'; readonly which: number; readonly kept: number }
  | { readonly kind: 'step'; readonly ms: number }

const acts = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('take' as const), units: fc.integer({ min: 1, max: 4 }) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('end' as const), which: fc.nat(9), kept: fc.nat(4) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('step' as const),
        ms: fc.oneof(
          fc.constantFrom(0, 1, 2, HOUR_MS, 5 * HOUR_MS - 1, 5 * HOUR_MS, DAY_MS),
          fc.nat(6 * HOUR_MS),
          fc.nat(2 * DAY_MS),
        ),
      }),
    },
  ) as fc.Arbitrary<Act>,
  { minLength: 1, maxLength: 40, size: 'max' },
)

const windowMs = 5 * HOUR_MS
const kinds: readonly ((zone: string) => WindowRule)[] = [
  () => ({ name: 'sliding', kind: 'sliding', windowMs }),
  (zone) => ({ name: 'day', kind: 'daily', zone }),
  (zone) => ({ name: 'week', kind: 'weekly', zone }),
  (zone) => ({ name: 'slot', kind: 'slot', windowMs, zone }),
  () => ({ name: 'anchored', kind: 'anchored', windowMs }),
  () => ({ name: 'anchored week', kind: 'anchored', windowMs: 7 * DAY_MS }),
]

const LIFE_MS = 8 * DAY_MS

function live(rule: WindowRule, change: Change, list: readonly Act[]): void {
  const reference = new List(rule, change)
  const window = openWindow({ rule, limitUnits: 1 })
  const running: Use[] = []
  const startsAt = Date.parse(`${change.on}T00:00:00Z`) - DAY_MS
  let now = startsAt
  for (const act of list) {
    if (act.kind === 'step') now = Math.min(now + act.ms, startsAt + LIFE_MS)
    if (act.kind === 'take') {
      const use: Use = { at: now, units: act.units, end: null }
      window.take(now, act.units)
      reference.uses.push(use)
      running.push(use)
    }
    if (act.kind === 'end') {
      const [use] = running.splice(act.which % running.length, 1)
      if (!use) continue
      use.end = { at: now, kept: Math.min(act.kept, use.units) }
      if (backOf(use) > 0) window.giveBack(use.at, backOf(use), now)
    }
    compare(window, reference, now)
  }
  compare(loaded(reference, now), reference, now)
  for (const laterMs of [1, HOUR_MS, 5 * HOUR_MS, DAY_MS])
    compare(loaded(reference, now + laterMs), reference, now + laterMs)
}

for (const ruleIn of kinds) {
  test(`${ruleIn('UTC').name}: every answer is that of the list, also after a load and when clocks are changed`, () => {
    fc.assert(
      fc.property(fc.constantFrom(...changes), acts, (change, list) =>
        live(ruleIn(change.zone), change, list),
      ),
      { numRuns: 250 },
    )
  })
}

test('anchored: holds that never reached the disk are as if they had never been, whatever came after them', () => {
  const spans = fc.array(
    fc.record({ gapMs: fc.nat(3), units: fc.integer({ min: 1, max: 3 }), lost: fc.boolean() }),
  )
  fc.assert(
    fc.property(spans, fc.nat(6), (list, waitMs) => {
      const [window, without] = [new AnchoredWindow(windowMs), new AnchoredWindow(windowMs)]
      let at = 1_000
      const uses = list.map((use) => {
        at += use.gapMs
        return { ...use, at }
      })
      for (const use of uses) window.take(use.at, use.units)
      for (const use of uses) if (use.lost) window.giveBack(use.at, use.units, use.at)
      for (const use of uses) if (!use.lost) without.take(use.at, use.units)
      const now = at + waitMs
      assert.deepEqual(
        [window.usedAt(now), window.spanAt(now), window.fullAt(now)],
        [without.usedAt(now), without.spanAt(now), without.fullAt(now)],
      )
    }),
  )
})
