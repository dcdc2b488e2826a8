import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { booksAreRight, openWorld, truthOf } from '../../test/harness.ts'
import { asking, PATHS } from '../../test/samples.ts'
import { forgetRefusals } from '../book/journal-refusals.ts'
import { operatorAccounts } from '../book/ledger.ts'
import { expireLots } from './expire-lots.ts'

const world = await openWorld()
after(() => world.close())
const DAY = 86_400_000
const running = new AbortController().signal

async function breakageNanos(): Promise<number> {
  const [row] = await world.running.store.read('select balance_nanos from account where id = ?', [
    operatorAccounts.breakage,
  ])
  return Number(row?.balance_nanos)
}

test('expired lots become the operator’s, once; a stop ends it', async () => {
  const rich = await world.team({ plan: null, credits: [1000, 2000] })
  const other = await world.team({ plan: null, credits: [500] })
  const { book, store } = world.running
  const beside = { book, store, ids: world.ids }
  assert.equal(await expireLots(beside, running), 0)
  world.advance(30 * DAY)
  assert.equal(await expireLots(beside, AbortSignal.abort()), 0)
  assert.equal(await expireLots(beside, running), 1500)
  assert.equal(await expireLots(beside, running), 0)
  assert.equal(await breakageNanos(), 1500)
  assert.equal((await truthOf(world, rich)).creditNanos, 2000)
  assert.equal((await truthOf(world, other)).creditNanos, 0)
  await booksAreRight(world)
})

test('refusals are forgotten after seven days, older ones first', async () => {
  const { store, book } = world.running
  const team = await world.team({ plan: null })
  const refuse = () => world.call(PATHS.native, { key: team.apiKey, body: asking('native') })
  const kept = async () => (await store.read('select id from refusal where team = ?', [team.team])).length
  await refuse()
  world.advance(DAY)
  await refuse()
  await book.drain()
  assert.equal(await kept(), 2)
  world.advance(6 * DAY)
  await forgetRefusals(store, book.now(), running)
  assert.equal(await kept(), 2)
  world.advance(1)
  await forgetRefusals(store, book.now(), AbortSignal.abort())
  assert.equal(await kept(), 2)
  assert.equal(await forgetRefusals(store, book.now(), running), 1)
  assert.equal(await kept(), 1)
})

test('of each second a thousand refusals are kept', async () => {
  const { store, book } = world.running
  const team = await world.team({ plan: null })
  world.advance(1000)
  const asked = () => ({
    ...{ id: world.ids.next(), keyKind: 'api' as const, team: team.team, member: team.member, secret: 1 },
    ...{ resource: 'text', resourceLabel: 1, modelLabel: 1, highspeed: false, units: 1, nanos: 5 },
    ...{ unitPrice: null, crashUnits: 1, priceVersion: 7 },
  })
  const kept = async () => {
    await book.drain()
    return (await store.read('select id from refusal where team = ?', [team.team])).length
  }
  for (let turn = 0; turn < 1_200; turn++) assert.equal((await book.admit(asked(), null)).kind, 'refused')
  assert.equal(await kept(), 1000)
  world.advance(1000)
  await book.admit(asked(), null)
  // The same request once more, which must not fail the batch of others.
  const again = asked()
  await book.admit(again, null)
  await book.admit(again, null)
  assert.equal(await kept(), 1002)
})
