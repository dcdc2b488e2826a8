import type { Entitlement, WindowRule } from '../catalogue/catalogue.ts'
import type { Row, Store } from '../store/sqlite.ts'
import { KEPT_MS, moneyWhys, refusalWhys, windowRules } from './journal-refusals.ts'
import type { KeyKind } from './op.ts'
import { anchorAt } from './reads-anchored.ts'
import type { Refusal } from './refusal.ts'
import { periodAt } from './windows/periods.ts'

/** A refusal as it was told. Amounts in nanos; null where the refusal did not speak of it. */
export type RefusalRecord = {
  readonly id: number
  readonly at: number
  readonly team: { readonly id: number }
  readonly member: number
  readonly subscription: number | null
  readonly resource: string
  readonly model: string
  readonly units: number
  readonly why: Refusal['why']
  readonly window: RefusedWindow | null
  readonly money: RefusedMoney | null
}

/** Instants in ms; null where it never is. */
export type RefusedWindow = {
  readonly kind: WindowRule['kind']
  readonly windowMs: number
  readonly usedUnits: number
  readonly heldUnits: number
  readonly limitUnits: number
  readonly nextFreeAt: number | null
  readonly usefulAt: number | null
  readonly fullAt: number | null
}

export type RefusedMoney = {
  readonly why: keyof typeof moneyWhys
  readonly neededNanos: number | null
  readonly balanceNanos: number | null
  /** Held, or of a cap what is spent and held. */
  readonly takenNanos: number | null
  readonly walletNanos: number | null
  readonly walletHeldNanos: number | null
  readonly capNanos: number | null
  readonly resetsAt: number | null
}

const REFUSAL = `select refusal.*, resource_label.name as resource_name, model_label.name as model_name from refusal
  left join label resource_label on resource_label.id = refusal.resource
  left join label model_label on model_label.id = refusal.model where refusal.id = ? and refusal.at >= ?`

/** Null also for one that is older than refusals are kept, and waits to be deleted. */
export async function readRefusal(
  store: Pick<Store, 'read'>,
  id: number,
  now: number,
): Promise<RefusalRecord | null> {
  const [row] = await store.read(REFUSAL, [id, now - KEPT_MS])
  if (!row) return null
  return {
    id,
    at: Number(row.at),
    team: { id: Number(row.team) },
    member: Number(row.member),
    subscription: numberOf(row.subscription),
    resource: String(row.resource_name ?? ''),
    model: String(row.model_name ?? ''),
    units: Number(row.units),
    why: nameOf(refusalWhys, row.why),
    window: row.window_rule === null ? null : windowOf(row),
    money: row.money_why === null ? null : moneyOf(row),
  }
}

function windowOf(row: Row): RefusedWindow {
  return {
    kind: nameOf(windowRules, row.window_rule),
    windowMs: Number(row.window_ms),
    usedUnits: Number(row.used_units),
    heldUnits: Number(row.held_units),
    limitUnits: Number(row.limit_units),
    nextFreeAt: numberOf(row.next_free_at),
    usefulAt: numberOf(row.useful_at),
    fullAt: numberOf(row.full_at),
  }
}

function moneyOf(row: Row): RefusedMoney {
  return {
    why: nameOf(moneyWhys, row.money_why),
    neededNanos: numberOf(row.needed_nanos),
    balanceNanos: numberOf(row.balance_nanos),
    takenNanos: numberOf(row.taken_nanos),
    walletNanos: numberOf(row.wallet_nanos),
    walletHeldNanos: numberOf(row.wallet_held_nanos),
    capNanos: numberOf(row.cap_nanos),
    resetsAt: numberOf(row.resets_at),
  }
}

function numberOf(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value)
}

function nameOf<Name extends string>(numbers: Readonly<Record<Name, number>>, stored: unknown): Name {
  const name = (Object.keys(numbers) as Name[]).find((each) => numbers[each] === Number(stored))
  if (name === undefined) throw new RangeError(`nothing has the number ${stored}`)
  return name
}

/** What filled a window at an instant. Another member's requests, of a seat that moved, are sums alone. */
export type Filling = {
  readonly total: Sum
  readonly recent: readonly RecentUse[]
  readonly hours: readonly HourlyUse[]
  /** Null where there is nothing of others, or who asks may see all of it. */
  readonly others: (Sum & Span) | null
  /** Units of earlier days that were given back in this one. */
  readonly givenBackUnits: number
  readonly returnsAt: (takenAt: number) => number
}

type Sum = { readonly requests: number; readonly units: number }
/** When the first and the last of them were taken. */
type Span = { readonly firstAt: number; readonly lastAt: number }
type Used = {
  readonly key: { readonly kind: KeyKind; readonly publicId: string; readonly name: string }
  readonly model: string
}
export type RecentUse = Used & { readonly id: number; readonly at: number; readonly units: number }
export type HourlyUse = Used & Sum & Span & { readonly hourAt: number }

/** `before` is the request itself, whose own units are not among them. `viewer`: null sees everything. */
export type FillingAt = {
  readonly subscription: number
  readonly resource: string
  readonly at: number
  readonly before: number
  readonly kind: WindowRule['kind']
  readonly windowMs: number
  readonly viewer: number | null
}

const RECENT = 100
const HOUR_MS = 3_600_000

/** What a request still counted at the instant: all of it while it ran, what it kept afterwards, less corrections. */
const UNITS = `case when hold_end.at <= ? then hold_end.units else hold.units end
  - coalesce((select sum(correction.units) from correction where correction.hold = hold.id and correction.at <= ?), 0)`
/** Of one instant, the requests that arrived before this one. */
const COUNTED = `select hold.id, hold.at, hold.member, hold.secret, hold.model, ${UNITS} as units
  from hold left join hold_end on hold_end.hold = hold.id
  where hold.subscription = ? and hold.at >= ? and (hold.at < ? or (hold.at = ? and hold.id < ?))
    and hold.resource = (select id from label where name = ?)`
const NAMED = 'secret.kind as key_kind, secret.public_id, secret.name as key_name, label.name as model_name'
const JOINED = 'left join secret on secret.id = used.secret left join label on label.id = used.model'
const RECENT_USES = `select used.id, used.at, used.units, ${NAMED} from (${COUNTED}) as used ${JOINED}
  where used.units > 0 and (used.member = ? or ? = 1) order by used.at desc, used.id desc limit ${RECENT}`
const HOURLY_USES = `select used.at / ${HOUR_MS} as hour, count(*) as requests, sum(used.units) as units,
    min(used.at) as first_at, max(used.at) as last_at, ${NAMED} from (${COUNTED}) as used ${JOINED}
  where used.units > 0 and (used.member = ? or ? = 1)
  group by used.at / ${HOUR_MS}, secret.kind, secret.public_id, secret.name, label.name
  order by hour desc, units desc, secret.public_id, label.name`
const OTHERS = `select count(*) as requests, sum(used.units) as units, min(used.at) as first_at, max(used.at) as last_at
  from (${COUNTED}) as used where used.units > 0 and not (used.member = ? or ? = 1)`
const GIVEN_BACK = `select coalesce(sum(units), 0) as units from given_back
  where subscription = ? and ended_at >= ? and ended_at <= ? and at < ?
    and resource = (select id from label where name = ?)`

export async function readFilling(store: Pick<Store, 'read'>, asked: FillingAt): Promise<Filling> {
  const { subscription, resource, at, before, viewer } = asked
  const period = await spanOf(store, asked)
  const counted = [at, at, subscription, period.startsAt, at, at, before, resource]
  const seen = [viewer ?? 0, viewer === null ? 1 : 0]
  const [recent, hours, [others], givenBackUnits] = await Promise.all([
    store.read(RECENT_USES, [...counted, ...seen]),
    store.read(HOURLY_USES, [...counted, ...seen]),
    store.read(OTHERS, [...counted, ...seen]),
    asked.kind === 'sliding' ? 0 : readGivenBack(store, asked, period.startsAt),
  ])
  const hourly = hours.map(hourlyOf)
  const hidden = Number(others?.requests ?? 0) > 0 ? { ...sumOf(others), ...spanIn(others) } : null
  const all = [...hourly, ...(hidden ? [hidden] : [])]
  return {
    total: {
      requests: all.reduce((sum, { requests }) => sum + requests, 0),
      units: all.reduce((sum, { units }) => sum + units, 0),
    },
    recent: recent.map((row) => ({
      ...usedOf(row),
      id: Number(row.id),
      at: Number(row.at),
      units: Number(row.units),
    })),
    hours: hourly,
    others: hidden,
    givenBackUnits,
    returnsAt: period.returnsAt,
  }
}

/** Units of earlier days that came back in this one. */
async function readGivenBack(
  store: Pick<Store, 'read'>,
  { subscription, resource, at }: FillingAt,
  startsAt: number,
): Promise<number> {
  const [row] = await store.read(GIVEN_BACK, [subscription, startsAt, at, startsAt, resource])
  return Number(row?.units ?? 0)
}

/** From when units count, and when one comes back. The zone of days is the plan's, as it was sold. */
async function spanOf(store: Pick<Store, 'read'>, { subscription, resource, at, kind, windowMs }: FillingAt) {
  if (kind === 'sliding') {
    return { startsAt: at - windowMs + 1, returnsAt: (takenAt: number) => takenAt + windowMs }
  }
  if (kind === 'anchored') {
    const startsAt = (await anchorAt(store, { subscription, resource, windowMs }, at)) ?? at
    return { startsAt, returnsAt: () => startsAt + windowMs }
  }
  const rules = await rulesOf(store, subscription, resource)
  const rule = rules.find((each) => each.kind === kind)
  const zone = rule && 'zone' in rule ? rule.zone : 'UTC'
  const { startsAt, endsAt } = periodAt(kind === 'slot' ? { kind, windowMs, zone } : { kind, zone }, at)
  return { startsAt, returnsAt: () => endsAt }
}

/** Who has the seat now; null when nobody does. */
export async function seatHolder(store: Pick<Store, 'read'>, subscription: number): Promise<number | null> {
  const [row] = await store.read('select member from seat where subscription = ?', [subscription])
  return numberOf(row?.member)
}

const SEAT_AT = `select seat.subscription from seat join subscription on subscription.id = seat.subscription
  where seat.team = ? and seat.member = ? and seat.assigned_at <= ?
    and (subscription.ends_at is null or subscription.ends_at > ?)`

/** The seat that a request's member had then and has yet; null where it is not known. */
export async function seatAt(
  store: Pick<Store, 'read'>,
  { team, member, at }: Pick<RefusalRecord, 'team' | 'member' | 'at'>,
): Promise<number | null> {
  const [row] = await store.read(SEAT_AT, [team.id, member, at, at])
  return numberOf(row?.subscription)
}

/** The right to a resource as it was sold. */
export async function entitlementOf(
  store: Pick<Store, 'read'>,
  subscription: number,
  resource: string,
): Promise<Entitlement | undefined> {
  const [row] = await store.read('select entitlements from subscription where id = ?', [subscription])
  const sold = JSON.parse(String(row?.entitlements ?? '[]')) as Entitlement[]
  return sold.find((each) => each.resource === resource)
}

/** The windows of a resource as they were sold. */
async function rulesOf(
  store: Pick<Store, 'read'>,
  subscription: number,
  resource: string,
): Promise<readonly WindowRule[]> {
  const quotas = (await entitlementOf(store, subscription, resource))?.quotas ?? []
  return quotas.map(({ rule }) => rule)
}

function usedOf(row: Row): Used {
  const kind = row.key_kind === 'api' ? 'api' : 'plan'
  const key = { kind, publicId: String(row.public_id ?? ''), name: String(row.key_name ?? '') } as const
  return { key, model: String(row.model_name ?? '') }
}

function sumOf(row: Row | undefined): Sum {
  return { requests: Number(row?.requests ?? 0), units: Number(row?.units ?? 0) }
}

function spanIn(row: Row | undefined): Span {
  return { firstAt: Number(row?.first_at ?? 0), lastAt: Number(row?.last_at ?? 0) }
}

function hourlyOf(row: Row): HourlyUse {
  return { ...usedOf(row), ...sumOf(row), ...spanIn(row), hourAt: Number(row.hour) * HOUR_MS }
}
