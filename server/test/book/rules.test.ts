import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import type { HoldOp } from '../../src/book/op.ts'
import { CalendarWindow } from '../../src/book/windows/calendar.ts'
import { SlidingWindow } from '../../src/book/windows/sliding.ts'
import { WALLET } from './names.ts'
import { Play } from './play.ts'
import { acts, DAY_MS, type Scene, scenes, WINDOW_MS } from './scenes.ts'
import { plainRules, priceOf, type Request } from './terms.ts'

/** What users of other systems suffer, each as a property that cannot happen here (decisions.test.ts has the numbers). */

const request: Omit<Request, 'id'> = {
  keyKind: 'plan',
  who: 0,
  seated: true,
  resource: 'text',
  highspeed: false,
  units: 1,
  nanos: 1,
  unitPrice: null,
  crashUnits: 1,
}

function snapshot(play: Play): string {
  const meters = [...play.subscription.meters.values()].map(({ heldUnits, windows }) => [
    heldUnits,
    windows.map((window) => [window.usedAt(play.now), window.spanAt(play.now), window.fullAt(play.now)]),
  ])
  return JSON.stringify([meters, play.team.lots, play.team.wallet])
}

test('nothing is refused while there is room, and nothing is held when there is none', () => {
  let full = 0
  fc.assert(
    fc.property(scenes, (scene) => {
      const play = new Play(scene).run()
      const entitlement = play.model.entitlement({ ...request, id: 0 }, play.now)
      const subscribed = scene.terms.endsAt === null || play.now < scene.terms.endsAt
      if (!entitlement || !subscribed) return
      const room = Math.min(...play.model.lefts('text', play.now))
      for (let left = room; left > 0; left--) {
        const decision = play.ask(request)
        assert.ok(decision.kind === 'held' && decision.op.pool === 'plan')
      }
      const decision = play.ask(request)
      assert.ok(decision.kind === 'refused' || decision.op.units === 0)
      full++
    }),
  )
  assert.ok(full > 20)
})

test('whole or nothing: a refusal takes nothing at all', () => {
  fc.assert(
    fc.property(scenes, (scene) => {
      const play = new Play({ ...scene, acts: [] })
      for (const act of scene.acts) {
        const before = act.kind === 'ask' ? snapshot(play) : ''
        if (act.kind === 'step') play.now += act.ms
        if (act.kind === 'end') play.end(act)
        if (act.kind === 'ask' && play.ask(act.request).kind === 'refused')
          assert.equal(snapshot(play), before)
      }
    }),
  )
})

/** The same acts, and money that takes no part in them. */
function held(scene: Scene): string[] {
  const play = new Play({ ...scene, acts: [] })
  return scene.acts.map((act) => {
    if (act.kind === 'step') play.now += act.ms
    if (act.kind === 'end') play.end(act)
    const decision = act.kind === 'ask' ? play.ask(act.request) : undefined
    return decision?.kind === 'held' ? decision.op.pool : (decision?.refusal.why ?? '')
  })
}

test('a pool that takes no part never blocks: the plan does not see the wallet, nor credits that are switched off', () => {
  const planOnly = acts.map((list) =>
    list.map((act) =>
      act.kind === 'ask' ? { ...act, request: { ...act.request, keyKind: 'plan' as const } } : act,
    ),
  )
  fc.assert(
    fc.property(scenes, planOnly, (scene, list) => {
      const terms = { ...scene.terms, rules: plainRules(false) }
      const rich = { ...terms, wallet: { ...terms.wallet, nanos: 1e9 } }
      const poor = { ...terms, wallet: { ...terms.wallet, nanos: 0 }, lots: [] }
      assert.deepEqual(
        held({ ...scene, terms: rich, acts: list }),
        held({ ...scene, terms: poor, acts: list }),
      )
    }),
  )
})

test('a pool that takes no part never blocks: an API key sees neither plan nor credits', () => {
  const apiOnly = acts.map((list) =>
    list.map((act) =>
      act.kind === 'ask' ? { ...act, request: { ...act.request, keyKind: 'api' as const } } : act,
    ),
  )
  fc.assert(
    fc.property(scenes, apiOnly, (scene, list) => {
      const without = {
        ...scene.terms,
        entitlements: [],
        lots: [],
        rules: { ...plainRules(false), keyCaps: scene.terms.rules.keyCaps },
        endsAt: scene.startsAt,
      }
      assert.deepEqual(held({ ...scene, acts: list }), held({ ...scene, terms: without, acts: list }))
    }),
  )
})

test('credits are not asked while the plan has room', () => {
  let overflowed = 0
  fc.assert(
    fc.property(scenes, (scene) => {
      const play = new Play({ ...scene, acts: [] })
      for (const act of scene.acts) {
        if (act.kind === 'step') play.now += act.ms
        if (act.kind === 'end') play.end(act)
        if (act.kind !== 'ask') continue
        const decision = play.ask(act.request)
        if (decision.kind !== 'held' || decision.op.units > 0 || !decision.meter) continue
        const lefts = play.model.lefts(decision.op.resource, play.now)
        assert.ok(lefts.some((left) => left < act.request.units))
        overflowed++
      }
    }),
  )
  assert.ok(overflowed > 20)
})

test('a divided request: the plan pays what all its windows have room for, money exactly the price of the rest', () => {
  const seen = { shared: 0, several: 0, byLaterWindow: 0 }
  fc.assert(
    fc.property(scenes, (scene) => {
      const play = new Play({ ...scene, acts: [] })
      for (const act of scene.acts) {
        if (act.kind === 'step') play.now += act.ms
        if (act.kind === 'end') play.end(act)
        if (act.kind !== 'ask') continue
        const { units, unitPrice, resource } = act.request
        const lefts = play.model.lefts(resource ?? '', play.now)
        const decision = play.ask(act.request)
        if (decision.kind !== 'held' || !decision.op.pool.startsWith('plan+')) continue
        const { op } = decision
        assert.ok(unitPrice, 'only what is sold one by one is divided')
        assert.ok(op.units > 0 && op.units < units)
        assert.deepEqual([op.askedUnits, op.units], [units, Math.min(...lefts)])
        assert.equal(op.nanos, priceOf(units - op.units, unitPrice))
        const after = play.model.lefts(resource ?? '', play.now)
        assert.equal(Math.min(...after), 0, 'no window is overshot, one is full')
        seen.shared++
        if (lefts.length > 1) seen.several++
        if (lefts.indexOf(Math.min(...lefts)) > 0) seen.byLaterWindow++
      }
    }),
    { numRuns: 300 },
  )
  assert.ok(seen.shared > 60 && seen.several > 20 && seen.byLaterWindow > 5, JSON.stringify(seen))
})

test('fewer pieces give credits back first, the last lot first, and the plan only when no credits are left to give', () => {
  const seen = { partly: 0, all: 0, planToo: 0 }
  fc.assert(
    fc.property(scenes, (scene) => {
      const play = new Play(scene).run()
      for (const { hold, units, madeUnits, charges, nanos, ending } of play.ended) {
        if (!hold.pool.startsWith('plan+') || hold.slices > 0) continue
        const { unitPrice } = play.requests.get(hold.id) ?? {}
        assert.ok(unitPrice)
        const byMoney = Math.max(0, madeUnits - hold.units)
        assert.equal(units, Math.min(madeUnits, hold.units))
        assert.equal(nanos, priceOf(byMoney, unitPrice), `${ending}: ${madeUnits} pieces`)
        if (units < hold.units) assert.equal(nanos, 0, 'the plan gives back after credits have')
        const cut = charges.findIndex((charge, index) => charge.nanos < (hold.parts[index]?.nanos ?? 0))
        assert.ok(cut < 0 || charges.slice(cut + 1).every((charge) => charge.nanos === 0))
        if (madeUnits === hold.askedUnits) seen.all++
        else if (units < hold.units) seen.planToo++
        else seen.partly++
      }
    }),
    { numRuns: 500 },
  )
  assert.ok(seen.partly > 15 && seen.all > 15 && seen.planToo > 15, JSON.stringify(seen))
})

/** Three images a day, and credits for two more at 4 nanos each. */
function imagesOf(startsAt: number): Play {
  const rule = { name: 'day', kind: 'daily', zone: 'UTC' } as const
  const terms = {
    entitlements: [{ resource: 'image', highspeed: false, quotas: [{ rule, limitUnits: 3 }] }],
    endsAt: null,
    rules: plainRules(true),
    lots: [{ account: WALLET + 1, kind: 'bought', nanos: 8, expiresAt: startsAt + DAY_MS }],
    wallet: { account: WALLET, nanos: 0 },
  } as const
  return new Play({ startsAt, terms, acts: [] })
}

const images = { ...request, resource: 'image', unitPrice: { nanos: 4, per: 1 }, crashUnits: 0 }
const done = { kind: 'end', which: 0, ending: 'done', price: 0 } as const

function heldBy(play: Play, units: number): Pick<HoldOp, 'pool' | 'units' | 'nanos'> | string {
  const decision = play.ask({ ...images, units, nanos: units * 4 })
  if (decision.kind === 'refused') return decision.refusal.why
  const { pool, units: ofPlan, nanos } = decision.op
  return { pool, units: ofPlan, nanos }
}

test('a divided request at midnight: what was not made is granted for the current day, the credits are there again', () => {
  const play = imagesOf(Date.UTC(2026, 10, 1, 23, 50))
  assert.equal(heldBy(play, 6), 'window-empty', 'credits for three are not there, so nothing is taken')
  assert.deepEqual(heldBy(play, 5), { pool: 'plan+credits', units: 3, nanos: 8 })
  play.now += 20 * 60_000
  play.end({ ...done, made: 1 })
  play.compare()
  assert.equal(play.model.lefts('image', play.now)[0], 5, 'three of the day and two granted')
  assert.deepEqual(heldBy(play, 7), { pool: 'plan+credits', units: 5, nanos: 8 })
  play.end({ ...done, ending: 'crashed', made: 7 })
  assert.deepEqual(heldBy(play, 5), { pool: 'plan', units: 5, nanos: 0 }, 'of media a crash keeps nothing')
})

type Take = { readonly gapMs: number; readonly units: number }
const takes = fc.array(
  fc.record({
    gapMs: fc.oneof(fc.constantFrom(0, 1, WINDOW_MS), fc.nat(WINDOW_MS)),
    units: fc.integer({ min: 1, max: 5 }),
  }),
  { minLength: 1, maxLength: 60, size: 'max' },
)

function dated(list: readonly Take[]): { readonly at: number; readonly units: number }[] {
  let at = Date.UTC(2026, 10, 1)
  return list.map(({ gapMs, units }) => {
    at += gapMs
    return { at, units }
  })
}

function windowOf(units: readonly { readonly at: number; readonly units: number }[]): SlidingWindow {
  const window = new SlidingWindow(WINDOW_MS)
  for (const unit of units) window.take(unit.at, unit.units)
  return window
}

test('a unit is back exactly one window after it was taken, and not a millisecond earlier', () => {
  fc.assert(
    fc.property(takes, fc.nat(59), (list, pick) => {
      const all = dated(list)
      const chosen = all[pick % all.length]
      assert.ok(chosen)
      const backAt = chosen.at + WINDOW_MS
      const taken = all.filter(({ at }) => at <= backAt - 1)
      const sumOf = (units: typeof all) => units.reduce((sum, unit) => sum + unit.units, 0)
      const window = windowOf(taken)
      assert.equal(window.usedAt(backAt - 1), sumOf(taken.filter(({ at }) => at >= chosen.at)))
      assert.equal(window.usedAt(backAt), sumOf(taken.filter(({ at }) => at > chosen.at)))
    }),
  )
})

test('asking in between changes no answer: forgetting what has come back is a cache', () => {
  fc.assert(
    fc.property(takes, fc.nat(2 * WINDOW_MS), (list, waitMs) => {
      const all = dated(list)
      const asked = new SlidingWindow(WINDOW_MS)
      for (const { at, units } of all) {
        asked.usedAt(at)
        asked.take(at, units)
        asked.freeAt(at, 3, 5)
      }
      const now = (all.at(-1)?.at ?? 0) + waitMs
      const fresh = windowOf(all)
      assert.deepEqual(asked.returnsAt(now, 12), fresh.returnsAt(now, 12))
      assert.equal(asked.usedAt(now), fresh.usedAt(now))
      assert.equal(asked.freeAt(now, 2, 6), fresh.freeAt(now, 2, 6))
      assert.deepEqual(asked.spanAt(now), fresh.spanAt(now))
    }),
  )
})

test('what has come back by itself is not given back a second time', () => {
  fc.assert(
    fc.property(takes, fc.nat(59), fc.nat(2 * WINDOW_MS), (list, pick, waitMs) => {
      const all = dated(list)
      const chosen = all[pick % all.length]
      assert.ok(chosen)
      const now = Math.max(all.at(-1)?.at ?? 0, chosen.at + WINDOW_MS) + waitMs
      const window = windowOf(all)
      const before = window.usedAt(now)
      window.giveBack(chosen.at, chosen.units)
      assert.equal(window.usedAt(now), before)
      assert.ok(before >= 0)
    }),
  )
})

test('units of one millisecond may come in any order', () => {
  const peers = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 20 })
  const shuffled = peers.chain((units) =>
    fc.tuple(
      fc.constant(units),
      fc.shuffledSubarray(units, { minLength: units.length }),
      fc.nat(2 * WINDOW_MS),
    ),
  )
  fc.assert(
    fc.property(shuffled, ([units, mixed, waitMs]) => {
      const at = 5_000
      const [one, other] = [units, mixed].map((list) => windowOf(list.map((each) => ({ at, units: each }))))
      assert.equal(one?.usedAt(at + waitMs), other?.usedAt(at + waitMs))
      one?.giveBack(at, units[0] ?? 0)
      other?.giveBack(at, units[0] ?? 0)
      assert.equal(one?.usedAt(at + waitMs), other?.usedAt(at + waitMs))
      assert.equal(one?.freeAt(at, 3, 7), other?.freeAt(at, 3, 7))
    }),
  )
})

test('a unit given back after its day has ended is granted for the current day, and only for it', () => {
  const day = new CalendarWindow({ kind: 'daily', zone: 'UTC' })
  const evening = Date.UTC(2026, 10, 1, 23, 50)
  const nextDay = Date.UTC(2026, 10, 2, 0, 10)
  day.take(evening, 3)
  day.giveBack(evening, 1, nextDay)
  assert.equal(day.freeAt(nextDay, 4, 3), nextDay, 'three of the day and one granted')
  assert.equal(day.freeAt(nextDay, 5, 3), Number.POSITIVE_INFINITY)
  day.take(nextDay, 4)
  assert.equal(day.freeAt(nextDay, 1, 3), Date.UTC(2026, 10, 3))
  assert.equal(day.usedAt(nextDay + DAY_MS), 0, 'the grant ends with its day')
})
