import { type Bulk, type Statement, type Store, StoreFault } from '../store/sqlite.ts'
import { changesOf, lateRow, sliceRows, spentRows } from './journal-rows.ts'
import { entriesOf } from './ledger.ts'
import { type EndOp, endings, type HoldOp, type Op } from './op.ts'

/** A batch of ops, with whatever else must be committed with them (a key, an audit line). */
export type Batch = {
  readonly number: number
  readonly ops: readonly Op[]
  readonly statements: readonly Statement[]
}

export type Journal = {
  /** Durable when it resolves. Rejects when nothing of the batch was written, or when nobody can say and none follows. */
  write(batch: Batch): Promise<void>
  /**
   * Ends what a crash left open (design §4.10): text keeps its unit, media and money are given back. A task that an
   * engine works on keeps its hold. Answers how many.
   */
  sweep(at: number): Promise<number>
}

const HOLD = 'insert into hold values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)'
const HOLD_COLUMNS = 16
const PART = 'insert into hold_part values (?,?,?,?)'
const END = 'insert into hold_end values (?,?,?,?,?,?,?,?,?,?,?,?)'
const END_COLUMNS = 12
const SLICE = 'insert into slice values (?,?,?,?,?,?)'
const LATE = 'insert into late_end values (?,?,?,?,?,?,?,?,?,?)'
const SPENT = `insert into spent values (?,?,?,?,?,?,?) on conflict (team, month, member, secret) do update set
  credits_nanos = spent.credits_nanos + excluded.credits_nanos,
  overflow_nanos = spent.overflow_nanos + excluded.overflow_nanos,
  wallet_nanos = spent.wallet_nanos + excluded.wallet_nanos`
const ENTRY = 'insert into entry (tx, at, account, nanos, price_version) values (?,?,?,?,?)'
const BALANCE = 'update account set balance_nanos = balance_nanos + ? where id = ?'
const BATCH = `insert into setting (name, value) values ('batch', ?) on conflict (name) do update set value = excluded.value`

export function journalSqlite(store: Store): Journal {
  /** The number of a batch of which nobody could say whether it was written. */
  let unknown: string | null = null
  return {
    async write(batch) {
      if (unknown !== null && (await wasWritten(store, unknown))) {
        throw new StoreFault(
          `batch ${unknown} was written after its callers had been told otherwise; start again`,
        )
      }
      unknown = null
      const number = String(batch.number)
      try {
        const statements = [...batch.statements, ...changesOf(batch.ops), { sql: BATCH, params: [number] }]
        await store.job(statements, bulksOf(batch.ops))
      } catch (error) {
        unknown = number
        // A commit whose answer was an error may still have reached the disk; the number it carries tells.
        const written = await wasWritten(store, number)
        unknown = null
        if (!written) throw error
      }
    },
    async sweep(at) {
      const answers = await store.job(sweepStatements(at))
      return Number(answers[1]?.[0] ?? 0)
    },
  }
}

async function wasWritten(store: Store, number: string): Promise<boolean> {
  const [row] = await store.read(`select value from setting where name = 'batch'`)
  return row?.value === number
}

/**
 * Holds up to `swept` are known to be ended, so that a start does not look at old ones. Money was given back, so no
 * entries are due.
 */
function sweepStatements(at: number): Statement[] {
  return [
    {
      // No engine has said that it took it on: nothing will come of it.
      sql: `update task set state = 'Fail', code = 1000, message = ?, ended_at = ? where ended_at is null and remote_id is null`,
      params: ['this server stopped before the engine had taken the task on', at],
    },
    {
      sql: `insert into hold_end
        select hold.id, max(?, hold.at), ?, min(hold.units, hold.crash_units), 0, 0, 0, 0, 0, 0, 1,
          min(hold.asked_units, hold.crash_units) from hold
        where hold.id > coalesce((select cast(value as integer) from setting where name = 'swept'), 0)
          and not exists (select 1 from hold_end where hold_end.hold = hold.id)
          and not exists (select 1 from task where task.hold = hold.id and task.ended_at is null)`,
      params: [at, endings.crashed],
    },
    {
      sql: `insert into setting (name, value)
        select 'swept', cast(coalesce(
          (select min(hold) - 1 from task where ended_at is null), max(id), 0) as text) from hold where true
        on conflict (name) do update set value = excluded.value`,
      params: [],
    },
  ]
}

function bulksOf(ops: readonly Op[]): Bulk[] {
  let [holds, ends] = [0, 0]
  for (const op of ops) {
    if (op.kind === 'hold') holds++
    else if (op.kind === 'end') ends++
  }
  const holdRows = new Float64Array(holds * HOLD_COLUMNS)
  const endRows = new Float64Array(ends * END_COLUMNS)
  const parts: number[] = []
  const slices: number[] = []
  const lates: number[] = []
  let [holdsAt, endsAt] = [0, 0]
  for (const op of ops) {
    if (op.kind === 'hold') {
      holdsAt = putHold(holdRows, holdsAt, op)
      for (const part of op.parts) parts.push(op.id, part.account, part.nanos, part.availableNanos)
    } else if (op.kind === 'end') endsAt = putEnd(endRows, endsAt, op)
    else if (op.kind === 'slice') slices.push(...sliceRows(op))
    else if (op.kind === 'late') lates.push(...lateRow(op))
  }
  const bulks = [
    { sql: HOLD, values: holdRows },
    { sql: PART, values: new Float64Array(parts) },
    { sql: SLICE, values: new Float64Array(slices) },
    { sql: END, values: endRows },
    { sql: LATE, values: new Float64Array(lates) },
    { sql: SPENT, values: new Float64Array(spentRows(ops)) },
    ...moneyBulks(ops),
  ]
  return bulks.filter(({ values }) => values.length > 0)
}

function moneyBulks(ops: readonly Op[]): Bulk[] {
  const entries: number[] = []
  const changes = new Map<number, number>()
  for (const op of ops) {
    // Most ops move no money; asking the ledger about each of them would cost more than writing them.
    if (op.kind === 'hold' || (op.kind === 'end' && op.nanos === 0 && op.absorbedNanos === 0)) continue
    for (const entry of entriesOf(op)) {
      entries.push(entry.tx, entry.at, entry.account, entry.nanos, entry.priceVersion)
      changes.set(entry.account, (changes.get(entry.account) ?? 0) + entry.nanos)
    }
  }
  const balances = [...changes].flatMap(([account, nanos]) => [nanos, account])
  return [
    { sql: ENTRY, values: new Float64Array(entries) },
    { sql: BALANCE, values: new Float64Array(balances) },
  ]
}

/** Value by value into the array that goes to the writer: a row of its own for each op was a third of a batch's cost. */
function putHold(rows: Float64Array, at: number, op: HoldOp): number {
  rows[at] = op.id
  rows[at + 1] = op.at
  rows[at + 2] = op.team
  rows[at + 3] = op.member
  rows[at + 4] = op.secret
  rows[at + 5] = op.subscription === 0 ? Number.NaN : op.subscription
  rows[at + 6] = op.resourceLabel
  rows[at + 7] = op.modelLabel
  rows[at + 8] = op.units
  rows[at + 9] = op.usedUnits
  rows[at + 10] = op.limitUnits
  rows[at + 11] = op.windowMs
  rows[at + 12] = op.nanos
  rows[at + 13] = op.priceVersion
  rows[at + 14] = op.askedUnits
  rows[at + 15] = op.crashUnits
  return at + HOLD_COLUMNS
}

function putEnd(rows: Float64Array, at: number, op: EndOp): number {
  const { tokens } = op
  rows[at] = op.hold.id
  rows[at + 1] = op.at
  rows[at + 2] = endings[op.ending]
  rows[at + 3] = op.units
  rows[at + 4] = op.nanos
  rows[at + 5] = op.absorbedNanos
  rows[at + 6] = tokens.input
  rows[at + 7] = tokens.output
  rows[at + 8] = tokens.cacheRead
  rows[at + 9] = tokens.cacheWrite
  rows[at + 10] = tokens.estimated ? 1 : 0
  rows[at + 11] = op.madeUnits
  return at + END_COLUMNS
}
