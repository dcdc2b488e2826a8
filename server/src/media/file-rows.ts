import type { ExpressionBuilder, Kysely, Selectable } from 'kysely'
import type { Clock } from '../clock.ts'
import { type Database, queries, statementOf } from '../store/kysely.ts'
import type { Statement } from '../store/sqlite.ts'
import type { Stored } from './media-store.ts'

/** Who brought a file. It belongs to the team: any member may read and delete it, another team never learns of it. */
export type FileOwner = {
  readonly team: number
  readonly member: number
  /** Where the file's id was told before the file was here. */
  readonly id?: number
}

export type About = {
  readonly name: string
  readonly purpose: string
  readonly contentType: string
  /** Plan time; null: until it is deleted. */
  readonly expiresAt: number | null
}

export type MediaFile = About &
  FileOwner &
  Stored & {
    readonly id: number
    readonly place: string
    /** Plan time. */
    readonly createdAt: number
  }

/** A file on its way in; `bytes` is the room that is held for it. */
export type Arrival = FileOwner & Pick<MediaFile, 'id' | 'place' | 'bytes' | 'createdAt'>

type Now = Pick<Clock, 'planNow' | 'realNow'>
type Built = ExpressionBuilder<Database, 'file'>

/** Files that are there: whole, not deleted, not expired, whether they are swept already or not. */
export function keptFiles(from: Kysely<Database>, now: Now) {
  return from
    .selectFrom('file')
    .selectAll()
    .where('arriving_until', 'is', null)
    .where('deleted_at', 'is', null)
    .where((built) => isUnexpired(built, now))
}

export function fileOf(row: Selectable<Database['file']>): MediaFile {
  const { id, team, member, name, purpose, bytes, place } = row
  const stored = { bytes, sha256: row.sha256 ?? '' }
  const times = { createdAt: row.created_at, expiresAt: row.expires_at }
  return { id, team, member, name, purpose, place, contentType: row.content_type, ...stored, ...times }
}

/** What counts in a team's quota: its files, and the room of those that arrive. */
export function usedBytes(from: Kysely<Database>, team: number, now: Now) {
  return from
    .selectFrom('file')
    .select(({ fn }) => fn.sum<number | null>('bytes').as('bytes'))
    .where('team', '=', team)
    .where('deleted_at', 'is', null)
    .where((built) => isUnexpired(built, now))
    .where((built) =>
      built.or([built('arriving_until', 'is', null), built('arriving_until', '>', now.realNow())]),
    )
}

function isUnexpired(built: Built, now: Now) {
  return built.or([built('expires_at', 'is', null), built('expires_at', '>', now.planNow())])
}

/** What is to be removed: expired, deleted, or never arrived. In no order, and all with `<=`, so that each finds its index. */
export function dueFiles(from: Kysely<Database>, now: Now) {
  return from
    .selectFrom('file')
    .select(['id', 'place'])
    .where((built) =>
      built.or([
        built('expires_at', '<=', now.planNow()),
        built('arriving_until', '<=', now.realNow()),
        built('deleted_at', '<=', now.planNow()),
      ]),
    )
}

export function insertArrival(arrival: Arrival, arrivingUntil: number): Statement {
  const { createdAt, ...known } = arrival
  const untold = { name: '', purpose: '', content_type: '', sha256: null, expires_at: null, deleted_at: null }
  return statementOf(
    queries
      .insertInto('file')
      .values({ ...known, ...untold, created_at: createdAt, arriving_until: arrivingUntil }),
  )
}

/** Changes no row where the arrival took so long that it was swept. */
export function keepArrival(file: MediaFile): Statement {
  const { id, name, purpose, contentType, bytes, sha256, expiresAt } = file
  const told = { name, purpose, content_type: contentType, bytes, sha256, expires_at: expiresAt }
  return statementOf(
    queries
      .updateTable('file')
      .set({ ...told, arriving_until: null })
      .where('id', '=', id)
      .where('arriving_until', 'is not', null),
  )
}

export function markDeleted(team: number, id: number, deletedAt: number): Statement {
  return statementOf(
    queries
      .updateTable('file')
      .set({ deleted_at: deletedAt })
      .where('team', '=', team)
      .where('id', '=', id)
      .where('deleted_at', 'is', null),
  )
}

export function deleteRows(id: number): Statement[] {
  return [
    statementOf(queries.deleteFrom('file_upstream').where('file', '=', id)),
    statementOf(queries.deleteFrom('file').where('id', '=', id)),
  ]
}
