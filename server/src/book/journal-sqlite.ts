import { type Statement, type Store, StoreFault } from '../store/sqlite.ts'
import { bulksOf, changesOf, correctionsOf } from './journal-rows.ts'
import { endings, type Op } from './op.ts'

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

const BATCH = `insert into setting (name, value) values ('batch', ?) on conflict (name) do update set value = excluded.value`
/** The latest time that anything was written for, so that the book's does not fall between two processes either. */
const LAST_AT = `insert into setting (name, value) values ('last_at', ?) on conflict (name)
  do update set value = cast(max(cast(value as integer), cast(excluded.value as integer)) as text)`

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
        const rows = [...changesOf(batch.ops), ...correctionsOf(batch.ops)]
        const heads = [{ sql: BATCH, params: [number] }, ...lastAt(batch.ops.map(({ at }) => at))]
        const statements = [...batch.statements, ...rows, ...heads]
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
      const answers = await store.job([...sweepStatements(at), ...lastAt([at])])
      return Number(answers[ENDED]?.[0] ?? 0)
    },
  }
}

function lastAt(ats: readonly number[]): Statement[] {
  const at = ats.reduce((latest, each) => Math.max(latest, each), 0)
  return at > 0 ? [{ sql: LAST_AT, params: [String(at)] }] : []
}

async function wasWritten(store: Store, number: string): Promise<boolean> {
  const [row] = await store.read(`select value from setting where name = 'batch'`)
  return row?.value === number
}

/** Which of the statements of a sweep ends holds. */
const ENDED = 2
/** Of no running request, as this server has just started, and of no task that goes on at an engine. */
const LEFT_OPEN = `hold.id > coalesce((select cast(value as integer) from setting where name = 'swept'), 0)
  and not exists (select 1 from hold_end where hold_end.hold = hold.id)
  and not exists (select 1 from task where task.hold = hold.id and task.ended_at is null)`

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
      sql: `insert into given_back
        select hold.subscription, max(?, hold.at), hold.id, hold.at, hold.resource, hold.units - hold.crash_units
        from hold where ${LEFT_OPEN} and hold.subscription is not null and hold.crash_units < hold.units`,
      params: [at],
    },
    {
      sql: `insert into hold_end
        select hold.id, max(?, hold.at), ?, min(hold.units, hold.crash_units), 0, 0, 0, 0, 0, 0, 1,
          min(hold.asked_units, hold.crash_units) from hold where ${LEFT_OPEN}`,
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
