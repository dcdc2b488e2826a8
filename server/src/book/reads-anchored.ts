import type { Store } from '../store/sqlite.ts'
import type { Meters } from './state.ts'
import { AnchoredWindow } from './windows/anchored.ts'

/**
 * Where the anchored windows of a subscription began. Each begins with the first use after the one before has ended, so
 * the rows are followed from the first one on: a seek by the index for each window there ever was.
 */
export async function beginAnchored(
  store: Pick<Store, 'read'>,
  subscription: number,
  meters: Meters,
): Promise<void> {
  for (const { entitlement, windows } of meters.values()) {
    const { resource } = entitlement
    for (const [index, window] of windows.entries()) {
      if (!(window instanceof AnchoredWindow)) continue
      const at = await anchorAt(store, { subscription, resource, windowMs: window.windowMs }, LATEST)
      if (at === null) continue
      const kept = meters.get(resource)?.windows[index]
      if (kept instanceof AnchoredWindow) kept.begin(at)
    }
  }
}

/** The last instant there is for SQL's integers that JavaScript knows. */
const LATEST = Number.MAX_SAFE_INTEGER

type Anchored = { readonly subscription: number; readonly resource: string; readonly windowMs: number }

/** Where the last window began that began until `at`; it may have ended since. Null where none did. */
export async function anchorAt(
  store: Pick<Store, 'read'>,
  { subscription, resource, windowMs }: Anchored,
  at: number,
): Promise<number | null> {
  const uses = [subscription, at, resource, subscription, windowMs, at, resource]
  const [row] = await store.read(LAST_BEGUN, uses)
  return typeof row?.at === 'number' ? row.at : null
}

/** What is given back whole in the millisecond of its taking began nothing: see AnchoredWindow. */
const FIRST_USE = (after: string) => `(select hold.at from hold
    where hold.subscription = ? and hold.at >= ${after} and hold.at <= ? and hold.units > 0
      and hold.resource = (select id from label where name = ?)
      and not exists (select 1 from hold_end
        where hold_end.hold = hold.id and hold_end.units = 0 and hold_end.at = hold.at)
    order by hold.at limit 1)`
const LAST_BEGUN = `with recursive begun(at) as (
  select ${FIRST_USE('0')}
  union all
  select ${FIRST_USE('begun.at + ?')} from begun where begun.at is not null
) select max(at) as at from begun`
