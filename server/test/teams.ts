import assert from 'node:assert/strict'
import { mintSecret } from '../src/keys/secret.ts'
import { insertSecret, revokeSecret } from '../src/keys/statements.ts'
import type { Statement } from '../src/store/sqlite.ts'
import { addLot, assignSeat, foundTeam, openSubscription, topUpWallet } from '../src/teams/found.ts'
import type { World } from './harness.ts'

/** A team with one member, made as a command of the book makes it. */
export type Team = {
  readonly team: number
  readonly member: number
  readonly subscription: number | null
  readonly planKey: string
  readonly apiKey: string
}

export type TeamOptions = {
  /** A plan of the catalogue, `big` without one; null is a member without a seat. */
  readonly plan?: string | null
  /** Milliseconds the plan runs from now; without one it has no end. */
  readonly planMs?: number
  /** Nanos of one lot, or of several that expire in this order. */
  readonly credits?: number | readonly number[]
  readonly wallet?: number
  readonly creditsAccess?: boolean
  readonly overflow?: boolean
  readonly revoked?: boolean
}

const LOT_MS = 30 * 86_400_000

export async function foundTestTeam(world: World, options: TeamOptions = {}): Promise<Team> {
  const { ids, pepper } = world
  const at = world.now()
  const number = ids.next()
  const founded = foundTeam(
    ids,
    { email: `owner${number}@example.com`, passwordHash: '' },
    `Team ${number}`,
    at,
  )
  const { team, member } = founded
  const seat = options.plan === null ? null : sell(world, options, founded)
  const credits = [options.credits ?? []].flat()
  const lots = credits.map((nanos, index) =>
    addLot(ids, { team, nanos, at, expiresAt: at + (index + 1) * LOT_MS }, 'bought'),
  )
  const wallet = options.wallet
    ? [topUpWallet(ids, { team, wallet: founded.wallet, nanos: options.wallet, at })]
    : []
  const [planKey, apiKey] = [mintSecret('plan', pepper), mintSecret('api', pepper)]
  const secrets = [ids.next(), ids.next()] as const
  await world.running.book.command(
    [...lots.map(({ op }) => op), ...wallet],
    [
      ...founded.statements,
      ...(seat?.statements ?? []),
      ...lots.flatMap(({ statements }) => statements),
      access(member, options.creditsAccess ?? true, options.overflow ?? true),
      insertSecret(planKey, { id: secrets[0], team, member, name: 'laptop' }, at),
      insertSecret(apiKey, { id: secrets[1], team, member, name: 'laptop' }, at),
      ...(options.revoked ? secrets.map((id) => revokeSecret(id, at)) : []),
    ],
  )
  return {
    team,
    member,
    subscription: seat?.subscription ?? null,
    planKey: planKey.secret,
    apiKey: apiKey.secret,
  }
}

function sell(world: World, options: TeamOptions, { team, member }: { team: number; member: number }) {
  const plan = world.catalogue.plans.get(options.plan ?? 'big')
  assert.ok(plan, `the catalogue sells ${options.plan}`)
  const at = world.now()
  const endsAt = options.planMs === undefined ? null : at + options.planMs
  const sold = openSubscription(world.ids, world.catalogue, plan, { team, at, endsAt })
  return { ...sold, statements: [...sold.statements, assignSeat(sold.subscription, team, member, at)] }
}

function access(member: number, creditsAccess: boolean, overflow: boolean): Statement {
  return {
    sql: 'update member set credits_access = ?, overflow = ? where id = ?',
    params: [creditsAccess, overflow, member],
  }
}
