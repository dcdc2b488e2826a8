import type { Ids } from '../ids.ts'
import { queries, queriesOver, statementOf } from '../store/kysely.ts'
import type { Statement, Store } from '../store/sqlite.ts'

/** Words of the catalogue as integers: the journal's rows hold no text. */
export type Labels = { of(name: string): number }

/** Reads the known labels and adds those that are missing; once, before anything is served. */
export async function readLabels(store: Store, names: Iterable<string>, ids: Ids): Promise<Labels> {
  const read = () => queriesOver(store).selectFrom('label').select(['id', 'name']).execute()
  const known = new Map((await read()).map(({ id, name }) => [name, id]))
  const added: Statement[] = []
  for (const name of names) {
    if (known.has(name)) continue
    const id = ids.next()
    known.set(name, id)
    const insert = queries.insertInto('label').values({ id, name })
    // Another server may start at the same time.
    added.push(statementOf(insert.onConflict((conflict) => conflict.column('name').doNothing())))
  }
  if (added.length > 0) {
    await store.job(added)
    for (const { id, name } of await read()) known.set(name, id)
  }
  return {
    of(name) {
      const id = known.get(name)
      if (id === undefined) throw new Error(`no label for ${name}`)
      return id
    },
  }
}
