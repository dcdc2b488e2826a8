import { first } from './migrations/0001-first.ts'
import { media } from './migrations/0002-media.ts'
import { tasks } from './migrations/0003-tasks.ts'
import { pools } from './migrations/0004-pools.ts'
import { type Store, StoreFault } from './sqlite.ts'

/** Forward only, in order, never edited once released. */
const migrations: readonly (readonly string[])[] = [first, media, tasks, pools]

export const SCHEMA_VERSION = migrations.length

/** The schema a database file has; 0 for an empty one. */
export async function schemaVersion(store: Pick<Store, 'read'>): Promise<number> {
  const [row] = await store.read('pragma user_version')
  return Number(row?.user_version ?? 0)
}

/** Brings the schema up to date, each step in one transaction. A newer schema than ours is refused, untouched. */
export async function migrate(store: Store): Promise<void> {
  const version = await schemaVersion(store)
  if (version > migrations.length) {
    throw new StoreFault(
      `the data was written by a newer version of tokenplan (schema ${version}, this one knows ${migrations.length}). ` +
        'Start that version, or restore a backup made before the upgrade.',
    )
  }
  for (let next = version; next < migrations.length; next++) {
    const statements = (migrations[next] ?? []).map((sql) => ({ sql, params: [] }))
    await store.job([...statements, { sql: `pragma user_version = ${next + 1}`, params: [] }])
  }
}
