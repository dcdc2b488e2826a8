import { first } from './migrations/0001-first.ts'
import { media } from './migrations/0002-media.ts'
import { tasks } from './migrations/0003-tasks.ts'
import { pools } from './migrations/0004-pools.ts'
import { shared } from './migrations/0005-shared.ts'
import { receipts } from './migrations/0006-receipts.ts'
import { givenBack } from './migrations/0007-given-back.ts'
import type { PostgresStore } from './postgres.ts'
import { POSTGRES_GROUND, postgresSteps, type Step, sqliteSteps } from './postgres-schema.ts'
import type { Transaction } from './postgres-transaction.ts'
import { type Row, type Store, StoreFault } from './store.ts'

/** Forward only, in order, never edited once released. */
const migrations: readonly (readonly Step[])[] = [first, media, tasks, pools, shared, receipts, givenBack]

export const SCHEMA_VERSION = migrations.length

/** The schema a database has; 0 for an empty one. */
export async function schemaVersion(store: Pick<Store, 'read'>): Promise<number> {
  if (isPostgres(store)) return postgresVersion(store.read)
  const [row] = await store.read('pragma user_version')
  return Number(row?.user_version ?? 0)
}

/** Brings the schema up to date, each step in one transaction. A newer schema than ours is refused, untouched. */
export async function migrate(store: Store): Promise<void> {
  if (isPostgres(store)) return migratePostgres(store)
  const version = await schemaVersion(store)
  refuseNewer(version)
  for (let next = version; next < migrations.length; next++) {
    const statements = (migrations[next] ?? []).flatMap(sqliteSteps).map((sql) => ({ sql, params: [] }))
    await store.job([...statements, { sql: `pragma user_version = ${next + 1}`, params: [] }])
  }
}

function isPostgres(store: Pick<Store, 'read'>): store is PostgresStore {
  return 'transact' in store
}

function refuseNewer(version: number): void {
  if (version <= migrations.length) return
  throw new StoreFault(
    `the data was written by a newer version of tokenplan (schema ${version}, this one knows ${migrations.length}). ` +
      'Start that version, or restore a backup made before the upgrade.',
  )
}

/** Any number that no other program is likely to lock in the same database. */
const MIGRATING = 7_261_402_915

/** Waiting for another server and building an index both take longer than a request may. */
const PATIENCE_MS = 3_600_000

/** Of servers that start at the same time one migrates, and the others find it done. */
async function migratePostgres(store: PostgresStore): Promise<void> {
  let version = await schemaVersion(store)
  while (version < migrations.length) version = await store.transact(nextMigration, PATIENCE_MS)
  refuseNewer(version)
}

/** Answers the version that was reached. */
async function nextMigration({ query, run }: Transaction): Promise<number> {
  await query('select pg_advisory_xact_lock(?)', [MIGRATING])
  const version = await postgresVersion(query)
  const steps = migrations[version]
  if (!steps) return version
  const ground = version === 0 ? [...POSTGRES_GROUND, 'insert into schema_version values (0)'] : []
  const statements = [...ground, ...steps.flatMap(postgresSteps)].map((sql) => ({ sql, params: [] }))
  await run([...statements, { sql: 'update schema_version set version = ?', params: [version + 1] }])
  return version + 1
}

async function postgresVersion(query: (sql: string) => Promise<readonly Row[]>): Promise<number> {
  const [found] = await query(`select to_regclass('schema_version') as name`)
  if (!found?.name) return 0
  const [row] = await query('select version from schema_version')
  return Number(row?.version ?? 0)
}
