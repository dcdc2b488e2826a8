import { SLOTS } from '../ids.ts'
import type { PostgresStore } from '../store/postgres.ts'
import { type Statement, StoreFault } from '../store/store.ts'
import type { HoldOp } from './op.ts'

/** Half of the second within which a heartbeat is missed would be too soon: a pause of collecting is no death. */
export const HEARTBEAT_MS = 5_000
/** A server that has not been heard of for so long is gone, and what it ran is swept by another. */
export const LEASE_MS = 20_000
/** Holds of the gone that one round ends. */
const MOST_SWEPT = 1_000
/** Ops that are kept for servers that know an older version of a subject; who is further behind reads it anew. */
const KEPT_OPS = 2_000
/** Any numbers that no other program is likely to lock in the same database. */
const JOINING = 7_261_402_916
const SWEEPING = 7_261_402_917

/** One start of one server. Leases belong to it: a server that was given up comes back as another one. */
export type Incarnation = { readonly id: number; readonly slot: number }

const NOW_MS = `cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`

/** Takes the lowest free slot. */
export function join(store: PostgresStore): Promise<Incarnation> {
  return store.transact(async (tx) => {
    await tx.query('select pg_advisory_xact_lock(?)', [JOINING])
    const [free] = await tx.query(
      `select min(slot) as slot from generate_series(0, ?) as slot where slot not in (select slot from node)`,
      [SLOTS - 1],
    )
    if (free?.slot === null) throw new StoreFault(`${SLOTS} servers share this database already`)
    const slot = Number(free?.slot)
    const [row] = await tx.query(
      `insert into node values (nextval('node_number'), ?, ${NOW_MS}) returning id`,
      [slot],
    )
    return { id: Number(row?.id), slot }
  })
}

/** False when others have given this incarnation up. */
export async function beat(store: PostgresStore, { id }: Incarnation): Promise<boolean> {
  const [answer] = await store.job([
    { sql: `update node set beat_at = ${NOW_MS} where id = ?`, params: [id] },
  ])
  return answer?.[0] === 1
}

/** What it still ran is swept at once, not after the lease. */
export async function leave(store: PostgresStore, { id }: Incarnation): Promise<void> {
  await store.job([{ sql: 'delete from node where id = ?', params: [id] }])
}

/** A running hold of a server that is gone; with the task that an engine has taken on for it, if there is one. */
export type Orphan = { readonly hold: HoldOp; readonly isTaken: boolean; readonly node: number }

/** Gives up servers that have not been heard of, and answers what the gone have left running, oldest first. */
export function orphans(store: PostgresStore): Promise<readonly Orphan[]> {
  return store.transact(async (tx) => {
    const [lock] = await tx.query('select pg_try_advisory_xact_lock(?) as mine', [SWEEPING])
    // Another server is at it.
    if (!lock?.mine) return []
    tx.queue([
      { sql: `delete from node where beat_at < ${NOW_MS} - ?`, params: [LEASE_MS] },
      {
        sql: 'delete from op using subject where subject.id = op.subject and op.version <= subject.version - ?',
        params: [KEPT_OPS],
      },
    ])
    const rows = await tx.query(
      `select open_hold.op, open_hold.node, task.remote_id from open_hold left join task on task.hold = open_hold.id
        where not exists (select 1 from node where node.id = open_hold.node) order by open_hold.id limit ?`,
      [MOST_SWEPT],
    )
    return rows.map((row) => ({
      hold: JSON.parse(String(row.op)) as HoldOp,
      isTaken: row.remote_id !== null,
      node: Number(row.node),
    }))
  })
}

/** Takes a running task over; false when somebody else has. */
export async function adopt(store: PostgresStore, by: Incarnation, { hold, node }: Orphan): Promise<boolean> {
  const [answer] = await store.job([
    { sql: 'update open_hold set node = ? where id = ? and node = ?', params: [by.id, hold.id, node] },
  ])
  return answer?.[0] === 1
}

/** No engine has said that it took the task on: nothing will come of it. */
export function failTask(hold: HoldOp, at: number): Statement {
  return {
    sql: `update task set state = 'Fail', code = 1000, message = ?, ended_at = ? where hold = ? and ended_at is null`,
    params: ['the server stopped before the engine had taken the task on', at, hold.id],
  }
}
