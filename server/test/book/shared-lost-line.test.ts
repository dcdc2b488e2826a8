import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { OutcomeUnknown } from '../../src/store/postgres-faults.ts'
import { StoreFault } from '../../src/store/store.ts'
import { type PostgresServer, startPostgres } from '../postgres.ts'
import { askFor, DONE, FAILED, nodesOver, proven, sell, type Through } from './shared-under-test.ts'

/** Commits of which nobody hears what became of them. */

let server: PostgresServer
before(async () => {
  server = await startPostgres({ durable: false })
})
after(() => server.remove())

type Cut = 'before' | 'after' | 'never'

/**
 * A line that is cut while a commit is on its way: before it arrives, or before its answer does. `deaf`: what became of it
 * cannot be asked either, once.
 */
function cutting(): { through: Through; cut: (when: Cut, isDeaf?: boolean) => void } {
  let when: Cut = 'never'
  let deaf = false
  const unknown = () => new OutcomeUnknown('the line was cut')
  const through: Through = (store) => ({
    ...store,
    async read(sql, params) {
      if (!deaf || !sql.includes('pg_xact_status')) return store.read(sql, params)
      deaf = false
      throw new StoreFault('the line was cut')
    },
    async transact(work, statementMs) {
      if (when === 'never') return store.transact(work, statementMs)
      const now = when
      when = 'never'
      await store.transact(async (tx) => {
        const answer = await work(tx)
        if (now === 'before') throw unknown()
        return answer
      }, statementMs)
      throw unknown()
    },
  })
  return {
    through,
    cut: (then, isDeaf = false) => {
      when = then
      deaf = isDeaf
    },
  }
}

test('a commit whose answer was lost is looked up: what was written is told, what was not is taken by nobody', async () => {
  const line = cutting()
  const on = await nodesOver(await server.createDatabase(), 1, line.through)
  const [only] = on
  assert.ok(only)
  const sold = await sell(only, 3, { credits: 50 })
  line.cut('after')
  const written = await only.book.admit(askFor(sold), sold.subscription)
  assert.ok(written.kind === 'held', 'it was committed, and nobody has to ask again')
  line.cut('before')
  await assert.rejects(only.book.admit(askFor(sold), sold.subscription), { name: 'BookDown' })
  const left = async () => (await only.book.meters(sold.subscription, sold.team))?.[0]?.windows[0]?.usedUnits
  assert.equal(await left(), 1)
  line.cut('after')
  await only.book.end(written.op, FAILED, [])
  assert.equal(await left(), 0)
  const paid = await only.book.admit(askFor(sold, { resource: 'outside', nanos: 20 }), sold.subscription)
  assert.ok(paid.kind === 'held')
  line.cut('before')
  await assert.rejects(async () => only.book.end(paid.op, DONE), { name: 'BookDown' })
  await only.book.drain()
  assert.equal(
    (await only.book.money(sold.team))?.lots[0]?.balanceNanos,
    40,
    'the end is written later, once',
  )
  await proven(on)
  for (const { store } of on) await store.close()
})

test('a hold of which nobody could say whether it was written is let go of, and costs nothing', async () => {
  const line = cutting()
  const on = await nodesOver(await server.createDatabase(), 1, line.through)
  const [only] = on
  assert.ok(only)
  const sold = await sell(only, 3, { credits: 50 })
  line.cut('after', true)
  await assert.rejects(only.book.admit(askFor(sold), sold.subscription), { name: 'BookDown' })
  await only.book.drain()
  const ended = await only.store.read('select ending, units, nanos from hold_end')
  assert.deepEqual(
    ended.map(({ ending, units, nanos }) => [ending, units, nanos]),
    [[2, 0, 0]],
  )
  const [meter] = (await only.book.meters(sold.subscription, sold.team)) ?? []
  assert.equal(meter?.windows[0]?.usedUnits, 0)
  await proven(on)
  for (const { store } of on) await store.close()
})
