import type { Kysely } from 'kysely'
import { type Database, queries, queriesOver, statementOf } from '../store/kysely.ts'
import type { Statement, Store } from '../store/sqlite.ts'
import { storable } from '../store/storable.ts'

/** A job at an engine that outlives the request which began it. */
export type Task = Database['task']

export type TaskEnd = {
  readonly state: 'Success' | 'Fail'
  readonly file: number | null
  readonly width: number | null
  readonly height: number | null
  /** MiniMax's code and what it means; 0 and '' for a success. */
  readonly code: number
  readonly message: string
  readonly at: number
}

export class Tasks {
  readonly #queries: Kysely<Database>

  constructor(store: Pick<Store, 'read'>) {
    this.#queries = queriesOver(store)
  }

  /** By its id and its team: another team's task is not there. */
  find(id: number, team: number): Promise<Task | undefined> {
    return this.#queries
      .selectFrom('task')
      .selectAll()
      .where('id', '=', id)
      .where('team', '=', team)
      .executeTakeFirst()
  }

  /** The task of a hold. */
  ofHold(hold: number): Promise<Task | undefined> {
    return this.#queries.selectFrom('task').selectAll().where('hold', '=', hold).executeTakeFirst()
  }

  /** Those that an engine works on. */
  running(): Promise<Task[]> {
    return this.#queries
      .selectFrom('task')
      .selectAll()
      .where('ended_at', 'is', null)
      .where('remote_id', 'is not', null)
      .orderBy('id')
      .execute()
  }
}

export function beginTask(task: Task): Statement {
  return statementOf(queries.insertInto('task').values(task))
}

/** The voices that are paid for when it succeeds. */
export function firstUsesOf(task: Task): readonly number[] {
  return JSON.parse(task.first_uses) as number[]
}

/** The engine has taken it on. From here on a crash of ours does not end it. */
export function takenOn(id: number, remoteId: string): Statement {
  return statementOf(
    queries
      .updateTable('task')
      .set({ remote_id: remoteId })
      .where('id', '=', id)
      .where('ended_at', 'is', null),
  )
}

/** Once: a task that has ended stays as it is. */
export function endTask(id: number, end: TaskEnd): Statement {
  const { at, ...told } = end
  return statementOf(
    queries
      .updateTable('task')
      .set({ ...told, message: storable(end.message), ended_at: at })
      .where('id', '=', id)
      .where('ended_at', 'is', null),
  )
}
