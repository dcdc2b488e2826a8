import fc from 'fast-check'
import type { Entitlement, Quota, WindowRule } from '../../src/catalogue/catalogue.ts'
import { WALLET } from './names.ts'
import {
  type Access,
  type Change,
  type Ending,
  type LotTerms,
  MEMBERS,
  priceOf,
  type Request,
  type Rules,
  type Terms,
  type WalletSwitch,
} from './terms.ts'

/**
 * One seed for every run: what `npm test` says of a commit it says again tomorrow, and the tests that count how often a
 * rare thing happened cannot fail by luck. Change it to explore.
 */
fc.configureGlobal({ seed: 20_260_501 })

/** Random lives of one subscription and one team, small enough to be full most of the time. */

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS
export const WINDOW_MS = 5 * HOUR_MS

/** A day before Berlin and a week before New York change their clocks, in both years' seasons. */
const starts = [
  Date.UTC(2026, 9, 24, 20),
  Date.UTC(2026, 9, 31, 22),
  Date.UTC(2027, 2, 13, 22),
  Date.UTC(2026, 11, 30),
]
const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Shanghai']

export type Act =
  | { readonly kind: 'ask'; readonly request: Omit<Request, 'id'> }
  | EndAct
  | { readonly kind: 'more'; readonly which: number; readonly nanos: number }
  | { readonly kind: 'step'; readonly ms: number }
  | Change
  | { readonly kind: 'expire' }

/** `made` and `price` as far as the request has them: see `endOf`. */
export type EndAct = {
  readonly kind: 'end'
  readonly which: number
  readonly ending: Ending
  readonly price: number
  readonly made: number
}

export type Scene = { readonly startsAt: number; readonly terms: Terms; readonly acts: readonly Act[] }

const limit = fc.integer({ min: 1, max: 6 })

function rulesIn(zone: string) {
  return {
    sliding: { name: 'five-hours', kind: 'sliding', windowMs: WINDOW_MS },
    daily: { name: 'day', kind: 'daily', zone },
    weekly: { name: 'week', kind: 'weekly', zone },
    slot: { name: 'slot', kind: 'slot', windowMs: WINDOW_MS, zone },
    anchored: { name: 'since-use', kind: 'anchored', windowMs: WINDOW_MS },
    anchoredWeek: { name: 'week-since-use', kind: 'anchored', windowMs: 7 * DAY_MS },
  } satisfies Record<string, WindowRule>
}

function quotas(...rules: readonly WindowRule[]): fc.Arbitrary<Quota[]> {
  return fc.tuple(...rules.map((rule) => limit.map((limitUnits) => ({ rule, limitUnits }))))
}

/** text: one or several windows of all kinds; image: a day, or five hours from its first use; song: a promotion that ends; search: highspeed is not in it. */
const entitlements = fc.constantFrom(...zones).chain((zone): fc.Arbitrary<Entitlement[]> => {
  const { sliding, daily, weekly, slot, anchored, anchoredWeek } = rulesIn(zone)
  const text = fc.oneof(
    quotas(sliding),
    quotas(sliding, weekly),
    quotas(sliding, daily, weekly),
    quotas(slot),
    quotas(slot, weekly),
    quotas(anchored),
    quotas(anchored, anchoredWeek),
  )
  const image = fc.oneof(quotas(daily), quotas(daily), quotas(anchored))
  return fc.tuple(
    text.map((list) => ({ resource: 'text', highspeed: true, quotas: list })),
    image.map((list) => ({ resource: 'image', highspeed: false, quotas: list })),
    fc.record({
      resource: fc.constant('song'),
      highspeed: fc.constant(false),
      quotas: quotas(daily),
      promotion: fc.record({
        baseUnits: fc.constant(0),
        baseQuotas: fc.constantFrom([], [{ rule: daily, limitUnits: 1 }]),
        endsAt: fc.constantFrom(null, ...starts.map((at) => at + DAY_MS)),
      }),
    }),
    quotas(sliding).map((list) => ({ resource: 'search', highspeed: false, quotas: list })),
  )
})

const lot = (startsAt: number): fc.Arbitrary<Omit<LotTerms, 'account'>> =>
  fc.record({
    kind: fc.constantFrom('granted' as const, 'bought' as const),
    nanos: fc.integer({ min: 1, max: 20 }),
    expiresAt: fc.constantFrom(1, WINDOW_MS, DAY_MS, 30 * DAY_MS).map((ms) => startsAt + ms),
  })

const lots = (startsAt: number): fc.Arbitrary<LotTerms[]> =>
  fc
    .array(lot(startsAt), { maxLength: 4 })
    .map((list) => list.map((each, index) => ({ ...each, account: WALLET + 1 + index })))

const caps = fc.oneof(
  { weight: 2, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 30 }) },
)
const access: fc.Arbitrary<Access> = fc.record({
  creditsAccess: fc.constantFrom(true, true, true, false),
  overflow: fc.constantFrom(true, true, true, false),
  capNanos: caps,
})
const walletSwitch: fc.Arbitrary<WalletSwitch> = fc.record({ on: fc.boolean(), capNanos: caps })
const several = <item>(arbitrary: fc.Arbitrary<item>, length: number) =>
  fc.array(arbitrary, { minLength: length, maxLength: length })
const rules: fc.Arbitrary<Rules> = fc.record({
  members: several(access, MEMBERS),
  walletSwitch,
  keyCaps: several(caps, 2 * MEMBERS),
})

type Sale = Pick<Request, 'units' | 'nanos' | 'unitPrice' | 'crashUnits'>
const few = fc.constantFrom(1, 1, 1, 2, 3, 7)
const prices = fc.integer({ min: 0, max: 12 })
/** A call of text; a job that one pool pays; pieces sold one by one, at prices that round. */
const sales: fc.Arbitrary<Sale> = fc.oneof(
  fc
    .record({ units: few, nanos: prices })
    .map((sale) => ({ ...sale, unitPrice: null, crashUnits: sale.units })),
  fc.record({ units: few, nanos: prices }).map((sale) => ({ ...sale, unitPrice: null, crashUnits: 0 })),
  fc
    .record({
      units: fc.integer({ min: 1, max: 9 }),
      unitPrice: fc.record({ nanos: fc.constantFrom(0, 1, 1, 2, 5), per: fc.constantFrom(1, 3) }),
    })
    .map((sale) => ({ ...sale, nanos: priceOf(sale.units, sale.unitPrice), crashUnits: 0 })),
)

const requests: fc.Arbitrary<Omit<Request, 'id'>> = fc
  .record({
    keyKind: fc.constantFrom('plan' as const, 'plan' as const, 'plan' as const, 'api' as const),
    who: fc.nat(MEMBERS - 1),
    seated: fc.constantFrom(true, true, true, true, true, false),
    resource: fc.constantFrom('text', 'text', 'text', 'image', 'song', 'search', 'video', null),
    highspeed: fc.boolean(),
    sale: sales,
  })
  .map(({ sale, ...request }) => ({ ...request, ...sale }))

const ask: fc.Arbitrary<Act> = requests.map((request) => ({ kind: 'ask', request }))

const end: fc.Arbitrary<Act> = fc.record({
  kind: fc.constant('end'),
  which: fc.nat(20),
  ending: fc.constantFrom(
    'done',
    'done',
    'failed',
    'client-left-before',
    'client-left-after',
    'cut-after',
    'crashed',
    'money-ended',
  ),
  price: fc.integer({ min: 0, max: 15 }),
  made: fc.integer({ min: 0, max: 8 }),
})

const edges = [
  0,
  0,
  1,
  500,
  HOUR_MS,
  WINDOW_MS - 1,
  WINDOW_MS,
  WINDOW_MS + 1,
  DAY_MS,
  8 * DAY_MS,
  40 * DAY_MS,
]
const step: fc.Arbitrary<Act> = fc.record({
  kind: fc.constant('step'),
  ms: fc.oneof(fc.constantFrom(...edges), fc.nat(WINDOW_MS), fc.nat(2 * DAY_MS)),
})

const more: fc.Arbitrary<Act> = fc.record({
  kind: fc.constant('more'),
  which: fc.nat(20),
  nanos: fc.integer({ min: 0, max: 6 }),
})

const change: fc.Arbitrary<Act> = fc.oneof(
  fc.tuple(fc.nat(MEMBERS - 1), access).map(([who, set]) => ({ kind: 'access' as const, who, ...set })),
  walletSwitch.map((set) => ({ kind: 'switch' as const, ...set })),
  fc.record({
    kind: fc.constant('key-cap' as const),
    secret: fc.nat(2 * MEMBERS - 1),
    capNanos: caps,
  }),
  fc.record({ kind: fc.constant('top-up' as const), nanos: fc.integer({ min: 1, max: 9 }) }),
  fc
    .constantFrom(...starts)
    .chain((startsAt) => fc.record({ kind: fc.constant('lot' as const), lot: lot(startsAt) })),
  fc.constant({ kind: 'expire' as const }),
)

export const acts = fc.array(
  fc.oneof(
    { weight: 10, arbitrary: ask },
    { weight: 6, arbitrary: end },
    { weight: 4, arbitrary: step },
    { weight: 3, arbitrary: more },
    { weight: 2, arbitrary: change },
  ),
  {
    minLength: 1,
    maxLength: 75,
    size: 'max',
  },
)

export const scenes: fc.Arbitrary<Scene> = fc.constantFrom(...starts).chain((startsAt) =>
  fc.record({
    startsAt: fc.constant(startsAt),
    terms: fc.record({
      entitlements,
      endsAt: fc.constantFrom(null, null, startsAt + DAY_MS),
      rules,
      lots: lots(startsAt),
      wallet: fc.integer({ min: 0, max: 40 }).map((nanos) => ({ account: WALLET, nanos })),
    }),
    acts,
  }),
)

/** Where lives share a database each has ids and a time of its own. */
export function shifted({ terms, startsAt }: Scene, base: number, at: number): Terms {
  const by = at - startsAt
  return {
    ...terms,
    endsAt: terms.endsAt && terms.endsAt + by,
    lots: terms.lots.map((lot) => ({ ...lot, account: lot.account + base, expiresAt: lot.expiresAt + by })),
    wallet: { ...terms.wallet, account: WALLET + base },
    entitlements: terms.entitlements.map((entitlement) => {
      const { promotion, ...rest } = entitlement
      const endsAt = promotion?.endsAt ? promotion.endsAt + by : null
      return promotion ? { ...rest, promotion: { ...promotion, endsAt } } : rest
    }),
  }
}
