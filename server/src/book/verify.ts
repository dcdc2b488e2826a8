import type { Row, Store } from '../store/sqlite.ts'
import { operatorAccounts } from './ledger.ts'
import { endings } from './op.ts'
import { monthOf } from './spending.ts'

export type Check = {
  readonly name: string
  readonly ok: boolean
  readonly differences: number
  readonly detail: string
}
export type Proof = { readonly ok: boolean; readonly openHolds: number; readonly checks: readonly Check[] }

/**
 * The books proven from the rows alone, nothing cached. Each query lists differences; an empty list is the proof.
 * Reads only, and may run beside a serving process: every check is one statement, so it sees one state.
 */
const checks: readonly { readonly name: string; readonly sql: string }[] = [
  {
    name: 'the ledger sums to zero',
    sql: 'select coalesce(sum(nanos), 0) as off from entry having coalesce(sum(nanos), 0) <> 0',
  },
  {
    name: 'every transaction sums to zero',
    sql: 'select tx, sum(nanos) as off from entry group by tx having sum(nanos) <> 0',
  },
  {
    name: 'every balance is the sum of its entries',
    sql: `select account.id, account.balance_nanos, coalesce(sum(entry.nanos), 0) as entries
      from account left join entry on entry.account = account.id
      group by account.id, account.balance_nanos having account.balance_nanos <> coalesce(sum(entry.nanos), 0)`,
  },
  {
    name: 'every entry belongs to an account',
    sql: 'select entry.id from entry left join account on account.id = entry.account where account.id is null',
  },
  {
    name: 'no account of a customer is below zero',
    sql: `select id, balance_nanos from account where team is not null and balance_nanos < 0`,
  },
  {
    name: 'every lot holds at most what was put into it',
    sql: `select lot.account from lot join account on account.id = lot.account where account.balance_nanos > lot.nanos`,
  },
  {
    name: 'at every admission used + held + asked was within the limit then in force',
    // Not "is not null": SQLite would walk the index of subscriptions and fetch every row by itself.
    sql: 'select id from hold where coalesce(subscription, 0) > 0 and used_units + units > limit_units',
  },
  {
    name: 'at every admission the pool could spend what was held',
    sql: `select hold, account from hold_part where nanos > available_nanos or nanos <= 0
      union all select hold, account from slice where nanos > available_nanos or nanos <= 0`,
  },
  {
    name: 'every hold of money is the sum of its parts',
    sql: `select hold.id from hold left join hold_part on hold_part.hold = hold.id
      group by hold.id, hold.nanos having hold.nanos <> coalesce(sum(hold_part.nanos), 0)`,
  },
  {
    name: 'settled + released + open = admitted',
    sql: `select hold_end.hold from hold_end left join hold on hold.id = hold_end.hold where hold.id is null`,
  },
  {
    name: 'no hold ended with more than it held',
    sql: `select hold.id from hold join hold_end on hold_end.hold = hold.id
      left join (select hold, sum(nanos) as nanos from slice group by hold) as more on more.hold = hold.id
      where hold_end.units > hold.units or hold_end.nanos > hold.nanos + coalesce(more.nanos, 0) or hold_end.made_units > hold.asked_units
        or hold_end.units > hold_end.made_units or hold_end.units < 0 or hold_end.nanos < 0 or hold_end.absorbed_nanos < 0`,
  },
  {
    name: 'no hold is for more units than were asked for',
    sql: 'select id from hold where units > asked_units or crash_units > asked_units',
  },
  {
    name: 'a task runs as long as its hold',
    sql: `select task.id from task left join hold on hold.id = task.hold left join hold_end on hold_end.hold = task.hold
      where hold.id is null or (task.ended_at is null) <> (hold_end.hold is null)`,
  },
  {
    name: 'every charge of money stands in the ledger once',
    sql: `select hold_end.hold from hold_end
      left join (select tx, sum(case when account = 2 then nanos else 0 end) as earned from entry group by tx) as booked
        on booked.tx = hold_end.hold
      left join late_end on late_end.hold = hold_end.hold
      where hold_end.nanos + hold_end.absorbed_nanos + coalesce(late_end.absorbed_nanos, 0) <> coalesce(booked.earned, 0)`,
  },
  {
    name: 'every slice grew a hold that ran, one after the other',
    sql: `select slice.hold, count(distinct slice.number) as slices, max(slice.number) as last from slice
      left join hold on hold.id = slice.hold left join hold_end on hold_end.hold = slice.hold
      group by slice.hold, hold.at, hold_end.at
      having hold.at is null or min(slice.at) < hold.at or max(slice.at) > coalesce(hold_end.at, max(slice.at))
        or min(slice.number) <> 1 or max(slice.number) <> count(distinct slice.number)`,
  },
  {
    name: 'what running requests hold of an account is in it',
    sql: `select account.id, account.balance_nanos, sum(held.nanos) as held from (
        select hold, account, nanos from hold_part union all select hold, account, nanos from slice) as held
      join account on account.id = held.account
      where not exists (select 1 from hold_end where hold_end.hold = held.hold)
      group by account.id, account.balance_nanos having sum(held.nanos) > account.balance_nanos`,
  },
  {
    name: 'only what a sweep had ended was settled late, and moved nothing of a customer’s',
    sql: `select late_end.hold from late_end left join hold_end on hold_end.hold = late_end.hold
      where hold_end.ending is null or hold_end.ending <> ${endings.crashed} or late_end.absorbed_nanos < 0`,
  },
  {
    name: 'no more was given back than a request had cost',
    sql: `select correction.hold from correction left join hold_end on hold_end.hold = correction.hold
      group by correction.hold, hold_end.units, hold_end.nanos
      having sum(correction.units) > coalesce(hold_end.units, 0) or sum(correction.nanos) > coalesce(hold_end.nanos, 0)
        or min(correction.units) < 0 or min(correction.nanos) < 0`,
  },
  {
    name: 'whatever the operator gave back has a correction',
    sql: `select entry.tx from entry left join correction on correction.id = entry.tx
      where entry.account = ${operatorAccounts.courtesy} and correction.id is null`,
  },
  {
    name: 'what a window is read back from says what came back, once',
    sql: `select tx, subscription, ended_at, at, resource, sum(units) as off from (
        select tx, subscription, ended_at, at, resource, units from given_back
        union all select hold.id, hold.subscription, hold_end.at, hold.at, hold.resource, hold_end.units - hold.units
        from hold_end join hold on hold.id = hold_end.hold
        where hold.subscription is not null and hold_end.units < hold.units
        union all select correction.id, hold.subscription, correction.at, hold.at, hold.resource, -correction.units
        from correction join hold on hold.id = correction.hold
        where hold.subscription is not null and correction.units > 0) as moved
      group by tx, subscription, ended_at, at, resource having sum(units) <> 0`,
  },
  {
    name: 'what was given back stands in the ledger',
    sql: `select correction.id from correction
      left join (select tx, sum(case when account.team is not null then entry.nanos else 0 end) as nanos
        from entry join account on account.id = entry.account group by tx) as booked on booked.tx = correction.id
      where correction.nanos <> coalesce(booked.nanos, 0)`,
  },
]

const OPEN_HOLDS = `select count(*) as open from hold
  where not exists (select 1 from hold_end where hold_end.hold = hold.id)`

export async function verify(store: Pick<Store, 'read'>): Promise<Proof> {
  const results: Check[] = []
  for (const { name, sql } of checks) results.push(check(name, await store.read(sql)))
  results.push(
    check('in every sliding window the units kept are within the limit', await overfullWindows(store)),
  )
  results.push(check('what was spent in a month is the sum of its charges', await misspent(store)))
  const [open] = await store.read(OPEN_HOLDS)
  return { ok: results.every(({ ok }) => ok), openHolds: Number(open?.open ?? 0), checks: results }
}

/** A unit taken at `at` counts until just before `at + windowMs`, so a window reaches windowMs − 1 back. */
async function overfullWindows(store: Pick<Store, 'read'>): Promise<Row[]> {
  const lengths = await store.read('select distinct window_ms from hold where window_ms > 0')
  const overfull: Row[] = []
  for (const { window_ms } of lengths) {
    const sql = `select id, kept, limit_units from (
      select hold.id, hold.limit_units, sum(coalesce(hold_end.units, hold.units) - coalesce(back.units, 0)) over (
        partition by hold.subscription, hold.resource order by hold.at
        range between ${Number(window_ms) - 1} preceding and current row) as kept
      from hold left join hold_end on hold_end.hold = hold.id
      left join (select hold, sum(units) as units from correction group by hold) as back on back.hold = hold.id
      where coalesce(hold.subscription, 0) > 0 and hold.window_ms = ${Number(window_ms)}) as counted
      where kept > limit_units`
    overfull.push(...(await store.read(sql)))
  }
  return overfull
}

/** Charges by day, because months have no arithmetic that all databases share; beside them what `spent` says. */
const CHARGED = `select hold.team, hold.member, hold.secret, hold.at / 86400000 as day, null as month, account.kind,
    sum(-entry.nanos) as nanos
  from entry join hold on hold.id = entry.tx join account on account.id = entry.account
  where account.team is not null group by hold.team, hold.member, hold.secret, hold.at / 86400000, account.kind
  union all select team, member, secret, null, month, 'lot', -credits_nanos from spent
  union all select team, member, secret, null, month, 'wallet', -overflow_nanos - wallet_nanos from spent`

async function misspent(store: Pick<Store, 'read'>): Promise<Row[]> {
  const sums = new Map<string, number>()
  for (const { team, member, secret, day, month, kind, nanos } of await store.read(CHARGED)) {
    const name = { team, month: month ?? monthOf(Number(day) * 86_400_000), member, secret, kind }
    const key = JSON.stringify(name)
    sums.set(key, (sums.get(key) ?? 0) + Number(nanos))
  }
  return [...sums].filter(([, off]) => off !== 0).map(([key, off]) => ({ ...JSON.parse(key), off }))
}

function check(name: string, rows: readonly Row[]): Check {
  const shown = rows.slice(0, 5).map((row) => JSON.stringify(row))
  return { name, ok: rows.length === 0, differences: rows.length, detail: shown.join('; ') }
}
