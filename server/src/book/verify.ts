import type { Row, Store } from '../store/sqlite.ts'

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
    sql: 'select id from hold where subscription is not null and used_units + units > limit_units',
  },
  {
    name: 'at every admission the pool could spend what was held',
    sql: 'select hold, account from hold_part where nanos > available_nanos or nanos <= 0',
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
      where hold_end.units > hold.units or hold_end.nanos > hold.nanos or hold_end.made_units > hold.asked_units
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
      where hold_end.nanos + hold_end.absorbed_nanos <> coalesce(booked.earned, 0)`,
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
  const [open] = await store.read(OPEN_HOLDS)
  return { ok: results.every(({ ok }) => ok), openHolds: Number(open?.open ?? 0), checks: results }
}

/** A unit taken at `at` counts until just before `at + windowMs`, so a window reaches windowMs − 1 back. */
async function overfullWindows(store: Pick<Store, 'read'>): Promise<Row[]> {
  const lengths = await store.read('select distinct window_ms from hold where window_ms > 0')
  const overfull: Row[] = []
  for (const { window_ms } of lengths) {
    const sql = `select id, kept, limit_units from (
      select hold.id, hold.limit_units, sum(coalesce(hold_end.units, hold.units)) over (
        partition by hold.subscription, hold.resource order by hold.at
        range between ${Number(window_ms) - 1} preceding and current row) as kept
      from hold left join hold_end on hold_end.hold = hold.id
      where hold.subscription is not null and hold.window_ms = ${Number(window_ms)})
      where kept > limit_units`
    overfull.push(...(await store.read(sql)))
  }
  return overfull
}

function check(name: string, rows: readonly Row[]): Check {
  const shown = rows.slice(0, 5).map((row) => JSON.stringify(row))
  return { name, ok: rows.length === 0, differences: rows.length, detail: shown.join('; ') }
}
