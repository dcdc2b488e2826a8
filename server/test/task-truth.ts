import assert from 'node:assert/strict'
import type { World } from './harness.ts'
import type { Team } from './teams.ts'

/** Everything of a team that a task could take: units of every resource, money, files. */
export type Spent = {
  /** Used and held of each resource; those without either are left out. */
  readonly units: Readonly<Record<string, readonly [used: number, held: number]>>
  readonly creditNanos: number
  readonly walletNanos: number
  readonly heldNanos: number
  readonly files: number
}

export async function spentOf(world: World, { team, subscription }: Team): Promise<Spent> {
  const { book, store } = world.running
  const meters = subscription === null ? [] : ((await book.meters(subscription, team)) ?? [])
  const money = await book.money(team)
  assert.ok(money, 'the team is in the book')
  const units = meters.map(({ resource, windows: [window] }) => {
    return [resource, [window?.usedUnits ?? 0, window?.heldUnits ?? 0]] as const
  })
  const [row] = await store.read(
    'select count(*) as files from file where team = ? and coalesce(expires_at > ?, true)',
    [team, world.now()],
  )
  return {
    units: Object.fromEntries(units.filter(([, [used, held]]) => used + held > 0)),
    creditNanos: sum(money.lots.map(({ balanceNanos }) => balanceNanos)),
    walletNanos: money.wallet.balanceNanos,
    heldNanos: sum([...money.lots, money.wallet].map(({ heldNanos }) => heldNanos)),
    files: Number(row?.files),
  }
}

function sum(of: readonly number[]): number {
  return of.reduce((total, each) => total + each, 0)
}
