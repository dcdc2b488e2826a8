import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type { Ask } from '../../src/book/decide.ts'
import { adopt, beat, join, orphans } from '../../src/book/journal-nodes.ts'
import { operatorAccounts } from '../../src/book/ledger.ts'
import type { HoldOp } from '../../src/book/op.ts'
import type { PostgresStore } from '../../src/store/postgres.ts'
import { topUpWallet } from '../../src/teams/found.ts'
import { type PostgresServer, startPostgres } from '../postgres.ts'
import {
  askFor,
  DONE,
  FAILED,
  ids,
  type Node,
  nodesOver,
  proven,
  type Sold,
  sell,
} from './shared-under-test.ts'

/** Several servers over one real Postgres, each with a book and a cache of its own. */

/** A heartbeat that no lease outlives. */
const FAR = 9_000_000_000_000

let server: PostgresServer
before(async () => {
  server = await startPostgres({ durable: false })
})
after(() => server.remove())

const nodes = async (count: number, database?: string) =>
  nodesOver(database ?? (await server.createDatabase()), count)

/** Callers on every node ask until they are refused, and every tenth answer fails; answers what was kept. */
async function hammer(on: readonly Node[], sold: Sold, changes: Partial<Ask> = {}): Promise<number> {
  let kept = 0
  const caller = async ({ book }: Node, number: number) => {
    for (let call = number; ; call++) {
      const admitted = await book.admit(askFor(sold, changes), sold.subscription)
      if (admitted.kind === 'refused') return
      const fails = call % 10 === 0
      await book.end(admitted.op, fails ? FAILED : DONE)
      if (!fails) kept++
    }
  }
  const callers = on.flatMap((node) => Array.from({ length: 16 }, (_, number) => caller(node, number)))
  await Promise.all(callers)
  return kept
}

test('three servers admit exactly what the window has, and give back what failed', async () => {
  const on = await nodes(3)
  const [first] = on
  assert.ok(first)
  const sold = await sell(first, 400)
  let kept = await hammer(on, sold)
  // What was given back after the last refusal is there for the next round.
  for (const { book } of on) await book.drain()
  kept += await hammer(on, sold)
  for (const { book } of on) await book.drain()
  while (kept < 400) kept += await hammer(on, sold)
  assert.equal(kept, 400)
  const meters = await on[2]?.book.meters(sold.subscription, sold.team)
  const text = meters?.find(({ resource }) => resource === 'text')?.windows[0]
  assert.deepEqual([text?.usedUnits, text?.heldUnits, text?.limitUnits], [400, 0, 400])
  const refusals = async () =>
    Number((await first.store.read('select count(*) as kept from refusal'))[0]?.kept)
  const before = await refusals()
  assert.equal(await hammer(on, sold), 0)
  assert.equal((await refusals()) - before, 48, 'every caller’s refusal is kept')
  await proven(on)
  for (const { store } of on) await store.close()
})

test('credits and the wallet of one team are spent to the nano by three servers', async () => {
  const on = await nodes(3)
  const [first, second] = on
  assert.ok(first && second)
  const sold = await sell(first, 0, { credits: 1_500, wallet: 705 })
  await first.book.command([{ kind: 'switch', at: 1, team: sold.team, on: true, capNanos: null }], [])
  let kept = 0
  while (kept < 220) kept += await hammer(on, sold)
  assert.equal(kept, 220)
  const money = await second.book.money(sold.team)
  assert.deepEqual([money?.lots[0]?.balanceNanos, money?.wallet.balanceNanos], [0, 5])
  assert.equal((await hammer(on, sold)) + kept, 220)
  await second.book.command(
    [topUpWallet(ids, { team: sold.team, wallet: sold.wallet, nanos: 5, at: Date.now() })],
    [],
  )
  const admitted = await first.book.admit(askFor(sold), sold.subscription)
  assert.ok(admitted.kind === 'held', 'a top-up on one server counts at the next request on another')
  await first.book.end(admitted.op, DONE)
  await proven(on)
  for (const { store } of on) await store.close()
})

test('what a server that is gone left running is swept once, and what it says later moves nothing', async () => {
  const [gone, other] = await nodes(2)
  assert.ok(gone && other)
  const sold = await sell(gone, 5, { wallet: 100 })
  const held: HoldOp[] = []
  for (const keyKind of ['plan', 'api'] as const) {
    const admitted = await gone.book.admit(askFor(sold, { keyKind }), sold.subscription)
    assert.ok(admitted.kind === 'held')
    held.push(admitted.op)
  }
  assert.deepEqual(await orphans(other.store), [])
  await other.store.job([{ sql: 'update node set beat_at = 0 where id = ?', params: [gone.me.id] }])
  const left = await orphans(other.store)
  assert.deepEqual(
    left.map(({ hold }) => hold),
    held,
  )
  assert.equal(await beat(gone.store, gone.me), false)
  for (const { hold } of left) await other.book.sweep(hold, [])
  for (const { hold } of left) await other.book.sweep(hold, [])
  const [plan, api] = held
  assert.ok(plan && api)
  void gone.book.end(plan, DONE)
  await gone.book.end(api, DONE)
  const rows = await other.store.read(
    `select hold_end.hold, hold_end.ending, hold_end.units, hold_end.nanos, late_end.absorbed_nanos from hold_end
     left join late_end on late_end.hold = hold_end.hold order by hold_end.hold`,
  )
  await gone.book.drain()
  assert.deepEqual(rows, [
    { hold: plan.id, ending: 6, units: 1, nanos: 0, absorbed_nanos: 0 },
    { hold: api.id, ending: 6, units: 0, nanos: 0, absorbed_nanos: 10 },
  ])
  assert.equal((await other.book.money(sold.team))?.wallet.balanceNanos, 100)
  const [absorbed] = await other.store.read('select balance_nanos from account where id = ?', [
    operatorAccounts.absorbed,
  ])
  assert.equal(absorbed?.balance_nanos, -10)
  await proven([gone, other])
  for (const { store } of [gone, other]) await store.close()
})

test('slices grow on one server while another spends, and a database that is gone takes nothing', async () => {
  const url = await server.createDatabase()
  const on = await nodes(2, url)
  const [first, second] = on
  assert.ok(first && second)
  const sold = await sell(first, 0, { credits: 100 })
  const admitted = await first.book.admit(askFor(sold), sold.subscription)
  assert.ok(admitted.kind === 'held')
  const grown = await first.book.more(admitted.op, 30)
  assert.ok(grown.kind === 'held')
  const others = await second.book.admit(askFor(sold, { nanos: 60 }), sold.subscription)
  assert.ok(others.kind === 'held')
  assert.equal((await first.book.more(grown.hold, 1)).kind, 'refused')

  await server.kill()
  await assert.rejects(second.book.admit(askFor(sold), sold.subscription), { name: 'BookDown' })
  await assert.rejects(async () => second.book.end(others.op, DONE), { name: 'BookDown' })
  assert.equal(second.book.isFailing(), true)
  await server.start()
  await second.book.drain()
  await first.book.end(grown.hold, { ...DONE, nanos: 35 })
  const money = await second.book.money(sold.team)
  assert.deepEqual([money?.lots[0]?.balanceNanos, money?.lots[0]?.heldNanos], [55, 0])
  assert.equal(second.book.isFailing(), false)
  await proven(on)
  for (const { store } of on) await store.close()
})

test('a running task of a server that is gone is taken over by one', async () => {
  const [gone, one, two] = await nodes(3)
  assert.ok(gone && one && two)
  const sold = await sell(gone, 5)
  const admitted = await gone.book.admit(askFor(sold), sold.subscription)
  assert.ok(admitted.kind === 'held')
  await one.store.job([{ sql: 'delete from node where id = ?', params: [gone.me.id] }])
  const [orphan] = await orphans(one.store)
  assert.ok(orphan)
  assert.deepEqual(
    [await adopt(one.store, one.me, orphan), await adopt(two.store, two.me, orphan)],
    [true, false],
  )
  assert.deepEqual(await orphans(two.store), [])
  one.book.adopt(orphan.hold)
  await one.book.end(orphan.hold, DONE, [])
  await proven([gone, one, two])
  for (const { store } of [gone, one, two]) await store.close()
})

test('a row that is refused fails its own request and nobody else’s', async () => {
  const on = await nodes(1)
  const [only] = on
  assert.ok(only)
  const sold = await sell(only, 5)
  const bad = { sql: 'insert into label values (5, null)', params: [] }
  const [refused, good] = await Promise.allSettled([
    only.book.admit(askFor(sold), sold.subscription, () => [bad]),
    only.book.admit(askFor(sold), sold.subscription),
  ])
  assert.equal(refused.status, 'rejected')
  assert.ok(good.status === 'fulfilled' && good.value.kind === 'held')
  await only.book.drain()
  await assert.rejects(
    only.book.admit(askFor(sold), sold.subscription, () => [bad]),
    { name: 'BookDown' },
  )
  assert.equal(only.book.isFailing(), false, 'the database is well')
  assert.equal(only.book.openHold(good.value.op.id), undefined, 'what brought no rows along is no task')
  await only.book.end(good.value.op, DONE)
  const row = { sql: `insert into label values (99, 'row')`, params: [] }
  const task = await only.book.admit(askFor(sold), sold.subscription, () => [row])
  assert.ok(task.kind === 'held')
  assert.equal(only.book.openHold(task.op.id)?.id, task.op.id)
  await only.book.end(task.op, DONE, [])
  await proven(on)
  for (const { store } of on) await store.close()
})

test('what another server did is caught up with, and nothing is read anew', async () => {
  const asked: string[] = []
  const watched = (store: PostgresStore): PostgresStore => ({
    ...store,
    transact: (work, statementMs) =>
      store.transact((tx) => {
        const query: typeof tx.query = (sql, params) => {
          asked.push(sql)
          return tx.query(sql, params)
        }
        return work({ ...tx, query })
      }, statementMs),
  })
  const database = await server.createDatabase()
  const [first] = await nodes(1, database)
  const [second] = await nodesOver(database, 1, watched)
  assert.ok(first && second)
  const sold = await sell(first, 9)
  const used = async (node: Node) => {
    const admitted = await node.book.admit(askFor(sold), sold.subscription)
    assert.ok(admitted.kind === 'held')
    await node.book.end(admitted.op, DONE, [])
    return admitted.op.usedUnits
  }
  const readAnew = () => asked.splice(0).filter((sql) => /from (subscription|team)\b/.test(sql)).length
  assert.equal(await used(second), 0)
  assert.ok(readAnew() > 0, 'at first it is')
  assert.deepEqual([await used(first), await used(first), await used(second)], [1, 2, 3])
  assert.equal(readAnew(), 0)
  for (const { store } of [first, second]) await store.close()
})

test('as many servers share a database as there are slots', async () => {
  const [first] = await nodes(1)
  assert.ok(first)
  const taken = `insert into node select 1000 + slot, slot, ${FAR} from generate_series(1, 62) as slot`
  await first.store.job([{ sql: taken, params: [] }])
  assert.equal((await join(first.store)).slot, 63)
  await assert.rejects(join(first.store), /^StoreFault: 64 servers share this database already/)
  await first.store.job([{ sql: 'delete from node where slot in (0, 5)', params: [] }])
  assert.equal((await join(first.store)).slot, 0, 'the lowest one')
  await first.store.close()
})
