import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { judge, readPublicKey } from '../../src/keys/signed-document.ts'
import type { Answer } from '../calling.ts'
import { booksAreRight, nothingCharged, openWorld, truthOf, until } from '../harness.ts'
import { addMember } from '../members.ts'
import { asking, PATHS, wholeAnswer } from '../samples.ts'
import type { Team } from '../teams.ts'
import { assertRefused } from './refused.ts'

const world = await openWorld()
after(() => world.close())
beforeEach(() => world.upstream.forget())

const CHAT = PATHS['openai-chat']
/** USAGE at the prices of MiniMax-M2.5 in the harness: each line rounded up. */
const PRICE = Math.ceil((1003 * 300_000_001) / 1e6) + Math.ceil((77 * 1_200_000_001) / 1e6)
const M25 = { model: 'MiniMax-M2.5', max_tokens: 1000 }

const key = readPublicKey((await world.call('/v1/token_plan/receipts/key')).text)
assert.ok(key, 'the key is there for everybody')

// biome-ignore lint/suspicious/noExplicitAny: a receipt is read here as its holder reads it
type Receipt = any

async function ask(secret: string, more: object = {}): Promise<string> {
  const answer = await world.call(CHAT, { key: secret, body: asking('openai-chat', { ...M25, ...more }) })
  return String(answer.headers['x-request-id'])
}

function fetchReceipt(secret: string | undefined, id: string): Promise<Answer> {
  return world.call(`/v1/token_plan/receipts/${id}`, { key: secret })
}

async function receiptFor(secret: string, id: string): Promise<Receipt> {
  const answer = await fetchReceipt(secret, id)
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.headers['cache-control'], 'no-store')
  for (const name of ['tokenplan-pool', 'tokenplan-units']) assert.equal(answer.headers[name], undefined)
  assert.ok(key)
  const verdict = judge(answer.text, key)
  assert.equal(verdict.kind, 'right', answer.text)
  return JSON.parse(answer.text).receipt
}

const amount = (nanos: number, credits: string, usd: string) => ({ nanos, credits, usd })
const none = amount(0, '0', '$0.00')

test('a unit of the plan: every field', async () => {
  const team = await world.team({ plan: 'tiny' })
  const at = world.now()
  await ask(team.planKey)
  world.advance(1000)
  const id = await ask(team.planKey)
  const [row] = await world.running.store.read('select name from team where id = ?', [team.team])
  assert.deepEqual(await receiptFor(team.planKey, id), {
    kind: 'tokenplan.receipt',
    version: 1,
    id: id.slice(0, 14),
    status: 'ended',
    admitted: { ms: at + 1000, iso: new Date(at + 1000).toISOString() },
    ended: { ms: at + 1000, iso: new Date(at + 1000).toISOString() },
    ending: 'done',
    team: { id: String(team.team), name: row?.name },
    member: { id: String(team.member) },
    key: { kind: 'plan', prefix: team.planKey.slice(0, 16), name: 'laptop' },
    model: 'MiniMax-M2.5',
    resource: 'text',
    pool: 'plan',
    units: { asked: 1, made: 1, held_by_plan: 1, paid_by_plan: 1 },
    window: {
      ...{ rule: 'sliding', length_ms: 18_000_000, one_of: null },
      ...{ limit: 3, used_before: 1, granted_before: 0, left_after: 1 },
    },
    money: {
      price_version: 7,
      held_at_first: none,
      held: none,
      slices: [],
      charged: none,
      charged_to: [],
      absorbed: none,
    },
    tokens: { input: 1003, output: 77, cache_read: 0, cache_write: 0, estimated: false },
    late: null,
    corrections: [],
  })
})

test('credits of two lots and the wallet: what each of them paid', async () => {
  const team = await world.team({ plan: null, credits: [100_000, 200_000], wallet: 1e9 })
  await world.running.book.command(
    [{ kind: 'switch', at: world.now(), team: team.team, on: true, capNanos: null }],
    [],
  )
  const { pool, window, money, units } = await receiptFor(team.planKey, await ask(team.planKey))
  assert.equal(pool, 'credits+wallet')
  assert.equal(window, null)
  assert.deepEqual(units, { asked: 1, made: 1, held_by_plan: 0, paid_by_plan: 0 })
  const charges = money.charged_to as Receipt[]
  assert.deepEqual(
    charges.map((share) => [share.pool, share.lot?.kind ?? null, share.amount.nanos]),
    [
      ['credits', 'bought', 100_000],
      ['credits', 'bought', 200_000],
      ['wallet', null, PRICE - 300_000],
    ],
  )
  assert.equal(money.charged.nanos, PRICE)
  assert.equal(money.charged.usd, '$0.000393302')
  assert.equal(money.charged.credits, '0.393302')
  assert.ok(money.held.nanos > PRICE)
  assert.deepEqual(money.absorbed, none)
  await booksAreRight(world)
})

test('both keys of a member read the requests of both, for free and with everything used up', async () => {
  const team = await world.team({ plan: 'tiny', wallet: 1e9 })
  const byApi = await ask(team.apiKey)
  const byPlan = await ask(team.planKey)
  for (let used = 1; used < 3; used++) await ask(team.planKey)
  const before = await truthOf(world, team)
  for (const secret of [team.planKey, team.apiKey]) {
    assert.equal((await receiptFor(secret, byApi)).key.prefix, team.apiKey.slice(0, 17))
    assert.equal((await receiptFor(secret, byPlan)).key.prefix, team.planKey.slice(0, 16))
  }
  assert.equal((await receiptFor(world.demo.operatorToken, byApi)).pool, 'wallet')
  await nothingCharged(world, team, before)
})

test('404: somebody else’s, admitted or refused, and one that never was: nobody can tell which', async () => {
  const team = await world.team({ plan: 'tiny' })
  const other = await world.team({ plan: 'tiny' })
  const neighbour = await addMember(world, team)
  const id = await ask(team.planKey)
  for (const never of ['ffffffffffffff', 'f'.repeat(32), 'x', '0', `${id}0`]) {
    assertUnknown(await fetchReceipt(team.planKey, never), never)
    assertUnknown(await fetchReceipt(world.demo.operatorToken, never), never)
  }
  const refused = await ask(neighbour.apiKey)
  assertUnknown(await fetchReceipt(team.planKey, refused), refused)
  for (const secret of [
    other.planKey,
    other.apiKey,
    neighbour.planKey,
    neighbour.apiKey,
    world.demo.apiKey,
  ]) {
    assertUnknown(await fetchReceipt(secret, id), id)
  }
})

function assertUnknown(answer: Answer, id: string): void {
  const says = `invalid params, there is no such request: ${id}. Ask with a key`
  assertRefused(answer, 'openai-chat', { status: 404, code: 2013, says })
}

test('404: one’s own that was refused is told as that, as long as it can be explained', async () => {
  const team = await world.team({ plan: null })
  const refused = await ask(team.apiKey)
  const says = `this request was refused, so it has no receipt: GET /v1/token_plan/explain/${refused.slice(0, 14)} says why`
  for (const secret of [team.apiKey, team.planKey, world.demo.operatorToken]) {
    const answer = await fetchReceipt(secret, refused)
    assert.equal(answer.status, 404)
    assert.ok(answer.text.includes(says), answer.text)
  }
  world.advance(7 * 86_400_000 + 1)
  assertUnknown(await fetchReceipt(team.apiKey, refused), refused)
})

test('the random digits are not confirmed: the receipt has the 14 that are known', async () => {
  const team = await world.team()
  const id = await ask(team.planKey)
  const texts = []
  for (const asked of [id, id.slice(0, 14), id.slice(0, 14) + '0'.repeat(18)]) {
    const answer = await fetchReceipt(team.planKey, asked)
    assert.equal(answer.status, 200)
    texts.push(answer.text)
  }
  assert.equal(new Set(texts).size, 1)
  assert.ok(!texts[0]?.includes(id.slice(14)))
})

test('no secret is in it', async () => {
  const team = await world.team()
  const { text } = await fetchReceipt(team.planKey, await ask(team.planKey))
  for (const secret of [team.planKey, team.apiKey]) assert.ok(!text.includes(secret.slice(17)))
})

test('running: held and not yet charged; then ended', async () => {
  const team = await world.team({ plan: null, credits: 1e9 })
  let go: () => void = () => undefined
  const gone = new Promise<void>((resolve) => {
    go = resolve
  })
  world.upstream.next({
    body: async function* () {
      await gone
      yield wholeAnswer('openai-chat')
    },
  })
  const answering = world.call(CHAT, { key: team.planKey, body: asking('openai-chat', M25) })
  await until(() => world.running.book.openHolds() === 1, 'the request is held')
  await world.running.book.drain()
  const [row] = await world.running.store.read('select max(id) as id from hold')
  const id = Number(row?.id).toString(16).padStart(14, '0')
  const running = await receiptFor(team.planKey, id)
  assert.deepEqual(
    [running.status, running.ended, running.ending, running.tokens],
    ['running', null, null, null],
  )
  assert.deepEqual([running.money.charged, running.money.absorbed, running.units.made], [null, null, null])
  assert.ok(running.money.held.nanos > 0)
  const [hold] = await world.running.store.read('select nanos from hold where id = ?', [Number(row?.id)])
  assert.equal(running.money.held.nanos, Number(hold?.nanos))
  go()
  await answering
  const ended = await receiptFor(team.planKey, id)
  assert.deepEqual([ended.status, ended.ending, ended.money.charged.nanos], ['ended', 'done', PRICE])
})

test('slices, and what a request cost that a sweep had ended', async () => {
  const team = await world.team({ plan: null, credits: 1e9 })
  const { book, store } = world.running
  const id = world.ids.next()
  const asked = {
    ...{ id, keyKind: 'plan' as const, team: team.team, member: team.member, secret: 1, resource: 'text' },
    ...{ resourceLabel: 1, modelLabel: 1, highspeed: false, units: 1, nanos: 500, unitPrice: null },
    ...{ crashUnits: 1, priceVersion: 7 },
  }
  const admitted = await book.admit(asked, null)
  assert.ok(admitted.kind === 'held')
  world.advance(10)
  const grown = await book.more(admitted.op, 70)
  assert.ok(grown.kind === 'held')
  const tokens = { input: 1, output: 2, cacheRead: 3, cacheWrite: 4, estimated: true }
  await book.end(grown.hold, { ending: 'crashed', nanos: 0, tokens })
  await store.job([{ sql: 'insert into late_end values (?,?,1,1,0,5,6,7,8,1)', params: [id, world.now()] }])
  const {
    money,
    late,
    ending,
    tokens: told,
    units,
  } = await receiptFor(team.apiKey, id.toString(16).padStart(14, '0'))
  assert.equal(ending, 'crashed')
  assert.deepEqual([money.held_at_first.nanos, money.held.nanos, money.charged.nanos], [500, 570, 0])
  assert.deepEqual(
    money.slices.map((slice: Receipt) => [slice.number, slice.at.ms, slice.pool, slice.amount.nanos]),
    [[1, world.now(), 'credits', 70]],
  )
  assert.deepEqual([told, units.made], [null, null], 'of a crash nobody can tell')
  assert.equal(late.ending, 'done')
  assert.deepEqual(late.tokens, { input: 5, output: 6, cache_read: 7, cache_write: 8, estimated: true })
})

test('401 without a key, 405 for another method', async () => {
  const id = 'f'.repeat(32)
  assertRefused(await fetchReceipt(undefined, id), 'openai-chat', { status: 401, code: 1004 })
  assertRefused(await fetchReceipt('op-wrong', id), 'openai-chat', { status: 401, code: 2049 })
  const posted = await world.call(`/v1/token_plan/receipts/${id}`, { key: world.demo.apiKey, body: {} })
  assert.equal(posted.status, 405)
  assert.equal(posted.headers.allow, 'GET')
})

test('the signature is the same after a restart', async () => {
  const team: Team = await world.team()
  const id = await ask(team.planKey)
  const before = await fetchReceipt(team.planKey, id)
  await world.restart()
  assert.equal((await fetchReceipt(team.planKey, id)).text, before.text)
})
