import type { Entitlement, Quota, WindowRule } from '../../src/catalogue/catalogue.ts'
import type { Names } from '../book/names.ts'
import { WALLET } from '../book/names.ts'
import { type Change, type LotTerms, MEMBERS, priceOf, type Request, type Terms } from '../book/terms.ts'
import type { Random } from './random.ts'

/** Teams, requests and changes out of a seed: small numbers, so that everything is full most of the time. */

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS
const WINDOW_MS = 5 * HOUR_MS

/** Before Berlin and New York change their clocks, and at the ends of months. */
export const STARTS = [
  Date.UTC(2026, 9, 24, 20),
  Date.UTC(2026, 9, 31, 2),
  Date.UTC(2027, 2, 13, 22),
  Date.UTC(2026, 11, 30),
]
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Shanghai']

export function namesOf(number: number): Names {
  const team = (number + 1) * 1_000_000
  return { team, member: team, subscription: team + 1 }
}

export function termsOf(random: Random, { team }: Names, startsAt: number): Terms {
  const lots = Array.from({ length: random.below(5) }, (_, index) => ({
    ...lotOf(random, startsAt),
    account: team + WALLET + 1 + index,
  }))
  return {
    entitlements: entitlementsOf(random, startsAt),
    endsAt: random.once(4) ? startsAt + 20 * DAY_MS : null,
    rules: {
      members: Array.from({ length: MEMBERS }, () => accessOf(random)),
      walletSwitch: switchOf(random),
      keyCaps: Array.from({ length: 2 * MEMBERS }, () => capOf(random)),
    },
    lots,
    wallet: { account: team + WALLET, nanos: random.between(20, 200) },
  }
}

function entitlementsOf(random: Random, startsAt: number): Entitlement[] {
  const zone = random.of(ZONES)
  const sliding: WindowRule = { name: 'five-hours', kind: 'sliding', windowMs: WINDOW_MS }
  const daily: WindowRule = { name: 'day', kind: 'daily', zone }
  const weekly: WindowRule = { name: 'week', kind: 'weekly', zone }
  const slot: WindowRule = { name: 'slot', kind: 'slot', windowMs: WINDOW_MS, zone }
  const anchored: WindowRule = { name: 'since-use', kind: 'anchored', windowMs: WINDOW_MS }
  const quotas = (...rules: readonly WindowRule[]): Quota[] =>
    rules.map((rule) => ({ rule, limitUnits: random.between(2, 12) }))
  const text = random.of([[sliding], [sliding, weekly], [sliding, daily, weekly], [slot, weekly], [anchored]])
  const promotion = {
    baseUnits: 0,
    baseQuotas: random.once(2) ? quotas(daily) : [],
    endsAt: random.of([null, startsAt + DAY_MS, startsAt + 3 * DAY_MS]),
  }
  return [
    { resource: 'text', highspeed: true, quotas: quotas(...text) },
    { resource: 'image', highspeed: false, quotas: quotas(random.of([daily, anchored])) },
    { resource: 'song', highspeed: false, quotas: quotas(daily), promotion },
    { resource: 'search', highspeed: false, quotas: quotas(sliding) },
  ]
}

function lotOf(random: Random, now: number): Omit<LotTerms, 'account'> {
  return {
    kind: random.of(['granted', 'bought'] as const),
    nanos: random.between(1, 60),
    expiresAt: now + random.of([1, WINDOW_MS, DAY_MS, 30 * DAY_MS]),
  }
}

function capOf(random: Random): number | null {
  return random.once(3) ? random.between(0, 120) : null
}

function accessOf(random: Random) {
  return { creditsAccess: !random.once(5), overflow: !random.once(5), capNanos: capOf(random) }
}

function switchOf(random: Random) {
  return { on: random.once(2), capNanos: capOf(random) }
}

export function changeOf(random: Random, now: number): Change {
  switch (random.of(['access', 'switch', 'key-cap', 'top-up', 'top-up', 'lot', 'lot'] as const)) {
    case 'access':
      return { kind: 'access', who: random.below(MEMBERS), ...accessOf(random) }
    case 'switch':
      return { kind: 'switch', ...switchOf(random) }
    case 'key-cap':
      return { kind: 'key-cap', secret: random.below(2 * MEMBERS), capNanos: capOf(random) }
    case 'top-up':
      return { kind: 'top-up', nanos: random.between(1, 60) }
    case 'lot':
      return { kind: 'lot', lot: lotOf(random, now) }
  }
}

export function requestOf(random: Random, id: number, isSeated = random.below(6) > 0): Request {
  const resource = random.of(['text', 'text', 'text', 'image', 'song', 'search', 'video', null])
  const who = {
    keyKind: random.of(['plan', 'plan', 'plan', 'api'] as const),
    who: random.below(MEMBERS),
    seated: isSeated,
  }
  const model = { id, resource, highspeed: random.once(3) }
  if (random.once(3)) {
    const units = random.between(1, 9)
    const unitPrice = { nanos: random.of([0, 1, 1, 2, 5]), per: random.of([1, 3]) }
    return { ...who, ...model, units, nanos: priceOf(units, unitPrice), unitPrice, crashUnits: 0 }
  }
  const units = random.of([1, 1, 1, 2, 3])
  const crashUnits = random.once(3) ? 0 : units
  return { ...who, ...model, units, nanos: random.between(0, 12), unitPrice: null, crashUnits }
}
