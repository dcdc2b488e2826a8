import type { Book } from '../book/book.ts'
import { teamsWithExpiredLots } from '../book/reads-lots.ts'
import type { Ids } from '../ids.ts'
import type { Store } from '../store/sqlite.ts'

type Beside = {
  readonly book: Pick<Book, 'expire' | 'now'>
  readonly store: Pick<Store, 'read'>
  readonly ids: Ids
}

/**
 * Books what expired lots still have as the operator's, team by team. What a running request holds of one stays, so that
 * its team is met again until that has ended.
 */
export async function expireLots({ book, store, ids }: Beside, stopping: AbortSignal): Promise<number> {
  let nanos = 0
  for (const team of await teamsWithExpiredLots(store, book.now())) {
    if (stopping.aborted) break
    nanos += await book.expire(team, () => ids.next())
  }
  return nanos
}
