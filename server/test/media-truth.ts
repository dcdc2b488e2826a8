import assert from 'node:assert/strict'
import type { Answer } from './calling.ts'
import { booksAreRight, until, type World } from './harness.ts'
import { askingFor, type KindName, kinds } from './media-samples.ts'
import type { Team } from './teams.ts'

/** Everything of a team that a request for media could take: units of every resource, money, room for files. */
export type MediaTruth = {
  /** Resources without use are left out. */
  readonly used: Readonly<Record<string, number>>
  readonly heldUnits: number
  /** Of each lot, in the order in which they burn. */
  readonly lots: readonly number[]
  readonly walletNanos: number
  readonly heldNanos: number
  readonly files: number
}

export async function mediaTruth(world: World, { team, subscription }: Team): Promise<MediaTruth> {
  const { book, store } = world.running
  const meters = (subscription === null ? null : await book.meters(subscription, team)) ?? []
  const money = await book.money(team)
  assert.ok(money, 'the team is in the book')
  const spans = meters.map(({ resource, windows: [window] }) => [resource, window] as const)
  const used = spans.map(([resource, window]) => [resource, window?.usedUnits ?? 0] as const)
  const [row] = await store.read(
    'select count(*) as files from file where team = ? and deleted_at is null and expires_at > ?',
    [team, world.now()],
  )
  return {
    used: Object.fromEntries(used.filter(([, units]) => units !== 0)),
    heldUnits: sum(spans.map(([, window]) => window?.heldUnits ?? 0)),
    lots: money.lots.map(({ balanceNanos }) => balanceNanos),
    walletNanos: money.wallet.balanceNanos,
    heldNanos: sum([...money.lots, money.wallet].map(({ heldNanos }) => heldNanos)),
    files: Number(row?.files),
  }
}

/** For every refusal: units, money and files as before, nothing held, the rows prove themselves. */
export async function nothingTaken(world: World, team: Team, before: MediaTruth): Promise<void> {
  await until(() => world.running.book.openHolds() === 0, 'no hold is left open')
  assert.deepEqual(await mediaTruth(world, team), before, 'nothing of the team was taken')
  await booksAreRight(world)
}

export function made(world: World, key: string, kind: KindName, more: object = {}): Promise<Answer> {
  return world.call(kinds[kind].path, { key, body: askingFor(kind, more) })
}

/** Who paid, for how many units, and how many are left, as the headers of an answer say. */
export function paidBy({ headers }: Answer): (string | undefined)[] {
  return ['pool', 'units', 'remaining'].map((name) => headers[`tokenplan-${name}`] as string | undefined)
}

/** The last request for something to be made; fetches of files are passed over. */
export function lastSent(world: World): Record<string, unknown> {
  const sent = world.upstream.received.filter(({ method }) => method === 'POST').at(-1)
  assert.ok(sent, 'the engine was asked')
  return JSON.parse(sent.body.toString()) as Record<string, unknown>
}

function sum(of: readonly number[]): number {
  return of.reduce((total, each) => total + each, 0)
}
