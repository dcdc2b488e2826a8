import type { Store } from '../store/sqlite.ts'

/** From the expired lots by their index to their accounts; a lot once emptied stays among them, and there are few. */
const EXPIRED = `select distinct lot.team from lot join account on account.id = lot.account
  where lot.expires_at <= ? and account.balance_nanos > 0`

/** Teams that have money in lots that have expired. */
export async function teamsWithExpiredLots(store: Pick<Store, 'read'>, now: number): Promise<number[]> {
  return (await store.read(EXPIRED, [now])).map(({ team }) => Number(team))
}
