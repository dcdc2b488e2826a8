import type { Entitlement } from '../catalogue/catalogue.ts'
import type { Row, Store } from '../store/sqlite.ts'
import type { Cost } from './correct.ts'
import { poolOf } from './decide.ts'
import { burnOrder } from './lots.ts'
import type { HoldOp, KeyKind, Part } from './op.ts'
import { beginAnchored } from './reads-anchored.ts'
import { readCost } from './reads-corrections.ts'
import { monthOf, noSpending, type Spending } from './spending.ts'
import { type Lot, type MemberAccess, Meters, type SubscriptionState, type TeamState } from './state.ts'
import type { Window } from './windows/window.ts'

/**
 * Loads subjects as they are on disk. A subject with running requests stays in memory, so none is open here but at a
 * start: what the tasks hold, the book holds again.
 */
export type Reads = {
  subscription(id: number, now: number): Promise<SubscriptionState | null>
  team(id: number, now: number): Promise<TeamState | null>
  lastBatch(): Promise<number>
  /** What a request cost; null for one that was never admitted. */
  cost(hold: number): Promise<Cost | null>
  /** What runs on across a start: the holds of tasks. */
  openHolds(): Promise<readonly HoldOp[]>
  /** The highest id ever given out and the latest time that anything was written for; zeros in an empty book. */
  last(): Promise<{ readonly id: number; readonly at: number }>
}

export function readsSqlite(store: Pick<Store, 'read'>): Reads {
  return {
    ...subjectReads(store, (column) => `json_group_array(${column})`),
    cost: (hold) => readCost(store, hold),
    openHolds: () => readOpenHolds(store),
    async lastBatch() {
      const [row] = await store.read(`select value from setting where name = 'batch'`)
      return Number(row?.value ?? 0)
    },
    async last() {
      const { id, at } = await readLast(store)
      const [row] = await store.read(`select value from setting where name = 'last_at'`)
      return { id, at: Math.max(at, Number(row?.value ?? 0)) }
    },
  }
}

/** `listOf` is the database's way to make a JSON list, as a text, of a column. */
export function subjectReads(
  store: Pick<Store, 'read'>,
  listOf: (column: string) => string,
): Pick<Reads, 'subscription' | 'team'> {
  return {
    subscription: (id, now) => readSubscription(store, takenBy(listOf), { id, now }),
    team: (id, now) => readTeam(store, id, now),
  }
}

/**
 * An id is minted when a request arrives and its hold is taken when it has been read, so the newest ids need not be the
 * latest holds. Whatever else has an id of ours, it comes from the same source.
 */
const LAST = `select max(id) as id,
  (select max(at) from (select at from hold order by id desc limit 1000) as holds) as at
  from (select max(id) as id from hold ${[
    'account',
    'label',
    'secret',
    'subscription',
    'audit',
    'task',
    'file',
    'refusal',
    'correction',
  ]
    .map((table) => `union all select max(id) from ${table}`)
    .join(' ')}
    union all select max(tx) from (select tx from entry order by id desc limit 1000) as entries) as ids`

export async function readLast(store: Pick<Store, 'read'>): Promise<{ id: number; at: number }> {
  const [row] = await store.read(LAST)
  return { id: Number(row?.id ?? 0), at: Number(row?.at ?? 0) }
}

async function readSubscription(
  store: Pick<Store, 'read'>,
  taken: string,
  { id, now }: { readonly id: number; readonly now: number },
): Promise<SubscriptionState | null> {
  const [row] = await store.read('select * from subscription where id = ?', [id])
  if (!row) return null
  const meters = new Meters(entitlementsOf(String(row.entitlements)))
  const windows = [...meters.values()].flatMap((meter) => meter.windows)
  const since = Math.min(now + 1, ...windows.map((window) => window.countsFrom(now))) - 1
  await beginAnchored(store, id, meters)
  const windowsOf = await windowsByLabel(store, meters)
  const [lists] = await store.read(taken, [since, id, since])
  if (lists) retake(lists, since, windowsOf)
  for (const back of await store.read(GIVEN_BACK, [id, since])) {
    for (const window of windowsOf(Number(back.resource))) {
      window.giveBack(Number(back.at), Number(back.units), Number(back.ended_at))
    }
  }
  return {
    id,
    team: Number(row.team),
    planName: String(row.plan_name),
    endsAt: row.ends_at === null ? null : Number(row.ends_at),
    meters,
  }
}

/** What a plan was sold with is the same text for all its subscribers; nobody changes it, so they share it in memory. */
const sold = new Map<string, readonly Entitlement[]>()
const MOST_SOLD = 500

function entitlementsOf(text: string): readonly Entitlement[] {
  const known = sold.get(text)
  if (known) return known
  if (sold.size === MOST_SOLD) sold.clear()
  const entitlements = JSON.parse(text) as Entitlement[]
  sold.set(text, entitlements)
  return entitlements
}

/**
 * One row of three lists, read from the index alone: a row a request would cost ten times as much, and so would sorting
 * them by resource. Instants are told from the beginning of the window on, as small numbers are read sooner.
 */
function takenBy(listOf: (column: string) => string): string {
  return `select ${listOf('later')} as laters, ${listOf('units')} as units, ${listOf('resource')} as resources
    from (select at - cast(? as bigint) as later, units, resource from hold where subscription = ? and at > ? order by at) as taken`
}

/** Also of units that were taken before the window: a window of days grants them on the day they came back. */
const GIVEN_BACK = `select resource, at, units, ended_at from given_back
  where subscription = ? and ended_at > ? order by ended_at, tx`

type WindowsOf = (resourceLabel: number) => readonly Window[]

async function windowsByLabel(store: Pick<Store, 'read'>, meters: Meters): Promise<WindowsOf> {
  const labels = await store.read('select id, name from label')
  const names = new Map(labels.map(({ id, name }) => [Number(id), String(name)]))
  return (label) => meters.get(names.get(label) ?? '')?.windows ?? []
}

function retake(taken: Row, since: number, windowsOf: WindowsOf): void {
  const [laters, units, resources] = [taken.laters, taken.units, taken.resources].map(
    (list) => JSON.parse(String(list)) as number[],
  )
  let [resource, windows]: [number, readonly Window[]] = [Number.NaN, []]
  for (let index = 0; index < (laters?.length ?? 0); index++) {
    const next = resources?.[index] ?? 0
    // Mostly the same as before: looked up for each use, it took as long as all the rest.
    if (next !== resource) [resource, windows] = [next, windowsOf(next)]
    for (const window of windows) window.take(since + (laters?.[index] ?? 0), units?.[index] ?? 0)
  }
}

async function readTeam(store: Pick<Store, 'read'>, id: number, now: number): Promise<TeamState | null> {
  const accounts = await store.read(
    `select account.id, account.kind, account.balance_nanos, lot.kind as lot_kind, lot.expires_at
     from account left join lot on lot.account = account.id where account.team = ?`,
    [id],
  )
  const wallet = accounts.find((row) => row.kind === 'wallet')
  if (!wallet) return null
  const [team] = await store.read('select wallet_on, wallet_cap_nanos from team where id = ?', [id])
  const members = await store.read(
    'select id, credits_access, overflow, cap_nanos from member where team = ?',
    [id],
  )
  const caps = await store.read('select id, cap_nanos from secret where team = ? and cap_nanos is not null', [
    id,
  ])
  return {
    id,
    lots: accounts
      .filter((row) => row.kind === 'lot')
      .map(lotOf)
      .sort(burnOrder),
    wallet: { account: Number(wallet.id), balanceNanos: Number(wallet.balance_nanos), heldNanos: 0 },
    walletSwitch: { on: Boolean(team?.wallet_on), capNanos: numberOrNull(team?.wallet_cap_nanos) },
    members: new Map(members.map((row) => [Number(row.id), accessOf(row)])),
    keyCaps: new Map(caps.map((row) => [Number(row.id), Number(row.cap_nanos)])),
    spending: await readSpending(store, id, monthOf(now)),
  }
}

async function readSpending(store: Pick<Store, 'read'>, team: number, month: number): Promise<Spending> {
  const spending = noSpending(month)
  const rows = await store.read('select * from spent where team = ? and month = ?', [team, month])
  for (const row of rows) {
    const overflow = Number(row.overflow_nanos)
    const ofMember = Number(row.credits_nanos) + overflow
    const [member, secret] = [Number(row.member), Number(row.secret)]
    spending.overflowNanos += overflow
    if (ofMember > 0) spending.members.set(member, (spending.members.get(member) ?? 0) + ofMember)
    spending.secrets.set(secret, ofMember + Number(row.wallet_nanos))
  }
  return spending
}

function numberOrNull(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value)
}

function lotOf(row: Row): Lot {
  return {
    account: Number(row.id),
    kind: row.lot_kind === 'granted' ? 'granted' : 'bought',
    balanceNanos: Number(row.balance_nanos),
    heldNanos: 0,
    expiresAt: Number(row.expires_at),
  }
}

export function accessOf(row: Row): MemberAccess {
  return {
    creditsAccess: Boolean(row.credits_access),
    overflow: Boolean(row.overflow),
    capNanos: numberOrNull(row.cap_nanos),
  }
}

/** A cross join is read from left to right, or SQLite walks all holds to spare itself sorting a few. */
const OPEN_HOLDS = `select hold.*, label.name as resource_name, secret.kind as key_kind from task
  cross join hold on hold.id = task.hold join label on label.id = hold.resource
  left join secret on secret.id = hold.secret
  where task.ended_at is null and not exists (select 1 from hold_end where hold_end.hold = hold.id) order by hold.id`
const OPEN_PARTS = `select hold_part.*, account.kind from task
  cross join hold_part on hold_part.hold = task.hold join account on account.id = hold_part.account
  left join lot on lot.account = hold_part.account
  where task.ended_at is null order by account.kind = 'wallet', lot.expires_at, lot.kind desc, lot.account`

async function readOpenHolds(store: Pick<Store, 'read'>): Promise<HoldOp[]> {
  const parts = new Map<number, Part[]>()
  for (const row of await store.read(OPEN_PARTS)) {
    const ofHold = parts.get(Number(row.hold)) ?? []
    ofHold.push({
      pool: row.kind === 'wallet' ? 'wallet' : 'credits',
      account: Number(row.account),
      nanos: Number(row.nanos),
      availableNanos: Number(row.available_nanos),
    })
    parts.set(Number(row.hold), ofHold)
  }
  return (await store.read(OPEN_HOLDS)).map((row) => holdOf(row, parts.get(Number(row.id)) ?? []))
}

function holdOf(row: Row, parts: readonly Part[]): HoldOp {
  const keyKind: KeyKind = row.key_kind === 'api' ? 'api' : 'plan'
  const planAlone = row.subscription !== null && Number(row.units) === Number(row.asked_units)
  return {
    kind: 'hold',
    id: Number(row.id),
    at: Number(row.at),
    team: Number(row.team),
    member: Number(row.member),
    secret: Number(row.secret),
    keyKind,
    subscription: Number(row.subscription ?? 0),
    resource: String(row.resource_name),
    resourceLabel: Number(row.resource),
    modelLabel: Number(row.model),
    pool: planAlone ? 'plan' : poolOf(row.subscription !== null, parts, keyKind),
    askedUnits: Number(row.asked_units),
    units: Number(row.units),
    crashUnits: Number(row.crash_units),
    usedUnits: Number(row.used_units),
    limitUnits: Number(row.limit_units),
    windowMs: Number(row.window_ms),
    nanos: Number(row.nanos),
    parts,
    slices: 0,
    priceVersion: Number(row.price_version),
  }
}
