import { after } from 'node:test'
import { type Dialect, storeContract } from '../../test/contract/store-contract.ts'
import { startPostgres } from '../../test/postgres.ts'
import { openPostgres } from './postgres.ts'

const server = await startPostgres()
after(() => server.remove())

const dialect: Dialect = {
  schema: `select table_name as name, column_name as part, data_type as kind from information_schema.columns
    where table_schema = 'public'
    union select indexname, '', indexdef from pg_indexes where schemaname = 'public'
    union select tgname, '', pg_get_triggerdef(oid) from pg_trigger where not tgisinternal order by 1, 2, 3`,
  setVersion: (version) => `update schema_version set version = ${version}`,
  overwrites: (table, column) => [
    `truncate ${table}`,
    `insert into ${table} select * from ${table} on conflict on constraint ${table}_pkey do update set ${column} = 0`,
  ],
}

storeContract('postgres', dialect, async () => {
  const store = await openPostgres(await server.createDatabase())
  return { store, remove: () => store.close() }
})
