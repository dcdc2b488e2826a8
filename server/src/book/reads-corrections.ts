import type { Row, Store } from '../store/sqlite.ts'
import type { Charged, Cost } from './correct.ts'

const HOLD = `select hold.at, hold.team, hold.subscription, label.name as resource_name, hold_end.units, hold_end.nanos
  from hold left join hold_end on hold_end.hold = hold.id left join label on label.id = hold.resource
  where hold.id = ?`
/** Lots in the order in which they burn, then the wallet. */
const CHARGES = `select entry.account, -entry.nanos as nanos, lot.expires_at from entry
  join account on account.id = entry.account left join lot on lot.account = entry.account
  where entry.tx = ? and account.team is not null and entry.nanos < 0
  order by case when lot.expires_at is null then 1 else 0 end, lot.expires_at,
    case when lot.kind = 'bought' then 1 else 0 end, entry.account`
const GIVEN = `select coalesce(sum(units), 0) as units, coalesce(sum(nanos), 0) as nanos from correction
  where hold = ?`

/** What a request cost; null for one that was never admitted. */
export async function readCost(store: Pick<Store, 'read'>, hold: number): Promise<Cost | null> {
  const [row] = await store.read(HOLD, [hold])
  if (!row) return null
  const [charges, [given]] = await Promise.all([store.read(CHARGES, [hold]), store.read(GIVEN, [hold])])
  return {
    hold,
    takenAt: Number(row.at),
    team: Number(row.team),
    subscription: Number(row.subscription ?? 0),
    resource: String(row.resource_name ?? ''),
    kept: row.units === null ? null : { units: Number(row.units), nanos: Number(row.nanos) },
    charges: charges.map(chargeOf),
    givenUnits: Number(given?.units ?? 0),
    givenNanos: Number(given?.nanos ?? 0),
  }
}

function chargeOf(row: Row): Charged {
  const expiresAt = row.expires_at === null ? null : Number(row.expires_at)
  return { account: Number(row.account), nanos: Number(row.nanos), expiresAt }
}
