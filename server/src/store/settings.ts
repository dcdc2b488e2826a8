import { queries, queriesOver, statementOf } from './kysely.ts'
import type { Statement, Store } from './sqlite.ts'

/** Small facts that outlive a process. The book has two of its own, `batch` and `swept`, in its journal. */
export type SettingName = 'clock_offset_ms' | 'secret_check'

export async function readSetting(
  store: Pick<Store, 'read'>,
  name: SettingName,
): Promise<string | undefined> {
  const row = await queriesOver(store)
    .selectFrom('setting')
    .select('value')
    .where('name', '=', name)
    .executeTakeFirst()
  return row?.value
}

/** The first word stands: who comes later reads it again. */
export function keepFirst(name: SettingName, value: string): Statement {
  return statementOf(
    queries
      .insertInto('setting')
      .values({ name, value })
      .onConflict((conflict) => conflict.column('name').doNothing()),
  )
}

/** Several servers may move it, each by its own step; answers the offset that comes of it. */
export function moveClock(ms: number): Statement {
  return {
    sql: `insert into setting (name, value) values ('clock_offset_ms', ?) on conflict (name)
      do update set value = cast(cast(setting.value as bigint) + cast(excluded.value as bigint) as text)
      returning value`,
    params: [String(ms)],
  }
}
