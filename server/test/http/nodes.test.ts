import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { operatorAccounts } from '../../src/book/ledger.ts'
import { verify } from '../../src/book/verify.ts'
import { idsFrom } from '../../src/ids.ts'
import { type FakeUpstream, startFakeUpstream } from '../fake-upstream.ts'
import { until } from '../harness.ts'
import { openServers, type Server } from '../nodes.ts'
import { type PostgresServer, startPostgres } from '../postgres.ts'
import { asking, PATHS } from '../samples.ts'

/** Three whole servers over one Postgres. */

let postgres: PostgresServer
let engine: FakeUpstream
let servers: Server[]
before(async () => {
  postgres = await startPostgres({ durable: false })
  engine = await startFakeUpstream()
  servers = await openServers(3, await postgres.createDatabase(), engine.url)
})
after(async () => {
  for (const server of servers ?? []) await server.stop()
  await engine?.close()
  await postgres?.remove()
})

const body = asking('openai-chat')
const ask = (server: Server | undefined, key: string | undefined) => {
  assert.ok(server)
  return server.call(PATHS['openai-chat'], { key, body })
}

function demoKeys() {
  const keys = servers[0]?.running.demo.keys
  assert.ok(keys, 'the first server has made the demo')
  assert.deepEqual(
    servers.slice(1).map(({ running }) => running.demo.isNew),
    [false, false],
  )
  return keys
}

async function proven(): Promise<void> {
  for (const { running } of servers) {
    await until(() => running.book.openHolds() === 0, 'no hold is left open')
    await running.book.drain()
  }
  const [first] = servers
  assert.ok(first)
  const proof = await verify(first.running.store)
  assert.deepEqual([proof.checks.filter(({ ok }) => !ok), proof.openHolds], [[], 0])
}

test('a request on any server counts on all of them', async () => {
  const { tokenPlanKey: key } = demoKeys()
  const left: number[] = []
  for (const server of [...servers, ...servers]) {
    const answer = await ask(server, key)
    assert.deepEqual([answer.status, answer.headers['tokenplan-pool']], [200, 'plan'])
    left.push(Number(answer.headers['tokenplan-remaining']))
  }
  assert.deepEqual(left, [14_999, 14_998, 14_997, 14_996, 14_995, 14_994])
  await proven()
})

test('money that is put in on one server is spent on another at once', async () => {
  const { apiKey: key, teamId } = demoKeys()
  const [first, second, third] = servers
  assert.ok(first && second && third)
  const money = await first.running.book.money(Number(teamId))
  assert.ok(money)
  const drained = { kind: 'fund', id: idsFrom(() => Date.now()).next(), at: 1, team: Number(teamId) } as const
  const wallet = { ...drained, account: money.wallet.account, lot: null, source: operatorAccounts.cash }
  // All of it is held, so nothing is left.
  const all = { ...askAll(Number(teamId), money.wallet.balanceNanos), member: 1 }
  const held = await second.running.book.admit(all, null)
  assert.ok(held.kind === 'held')
  assert.equal((await ask(third, key)).status, 402)
  await first.running.book.command([{ ...wallet, nanos: 1_000_000_000 }], [])
  assert.equal((await ask(third, key)).status, 200)
  await second.running.book.end(held.op, { ending: 'failed', nanos: 0, tokens: NOTHING })
  await proven()
})

test('what one server did another one tells, explains and puts right, once', async () => {
  const { tokenPlanKey: key, operatorToken } = demoKeys()
  const [first, second, third] = servers
  assert.ok(first && second && third)
  const answer = await ask(first, key)
  const id = String(answer.headers['x-request-id'])
  await first.running.book.drain()
  const receipt = await second.call(`/v1/token_plan/receipts/${id}`, { key })
  assert.equal(receipt.status, 200)
  assert.match(receipt.text, /"pool":\s*"plan"/)
  assert.equal((await third.call(`/v1/token_plan/explain/${id}`, { key })).status, 200)
  const give = (server: Server) =>
    server.call('/api/operator/corrections', {
      method: 'POST',
      key: operatorToken,
      body: { requestId: id, units: 1, reason: 'it was empty' },
    })
  const given = await Promise.all([give(first), give(second), give(third)])
  assert.deepEqual(given.map(({ status }) => status).sort(), [200, 409, 409], given[0]?.text)
  const left = Number((await ask(third, key)).headers['tokenplan-remaining'])
  assert.equal(
    left,
    Number(answer.headers['tokenplan-remaining']),
    'the unit is back, and taken by this request',
  )
  await proven()
})

test('the clock that is moved on one server moves on all', async () => {
  const { operatorToken } = demoKeys()
  const [first, second] = servers
  assert.ok(first && second)
  const moved = await first.call('/api/operator/clock', {
    method: 'POST',
    key: operatorToken,
    body: { advanceSeconds: 5 * 3600 },
  })
  assert.equal(moved.status, 200)
  const { tokenPlanKey: key } = demoKeys()
  assert.equal((await ask(second, key)).headers['tokenplan-remaining'], '14999', 'the window is empty again')
})

test('servers that lose the database say 503, lose nothing, and go on when it is back', async () => {
  const { tokenPlanKey: key } = demoKeys()
  const [first] = servers
  await postgres.kill()
  const answers = await Promise.all(servers.map((server) => ask(server, key)))
  assert.deepEqual(
    answers.map(({ status }) => status),
    [503, 503, 503],
  )
  assert.ok(answers.every(({ headers }) => Number(headers['retry-after']) <= 60))
  const ready = await first?.call('/readyz')
  assert.equal(ready?.status, 503)
  await postgres.start()
  for (const server of servers)
    await until(async () => (await ask(server, key)).status === 200, 'it serves again')
  await proven()
})

test('a secret that is revoked on one server stops on all within a second', async () => {
  const { tokenPlanKey: key, operatorToken } = demoKeys()
  const [first, ...others] = servers
  assert.ok(first)
  for (const server of servers) assert.equal((await ask(server, key)).status, 200)
  const [secret] = await first.running.store.read(`select public_id from secret where kind = 'plan'`)
  const revoked = await first.call(`/api/operator/keys/${secret?.public_id}/revoke`, {
    method: 'POST',
    key: operatorToken,
  })
  assert.equal(revoked.status, 200, revoked.text)
  const revokedAt = performance.now()
  assert.equal((await ask(first, key)).status, 401, 'where it was revoked it stops at once')
  for (const server of others) {
    await until(async () => (await ask(server, key)).status === 401, 'the secret is known no more')
  }
  // A second; thrice that, because the machine may be busy.
  assert.ok(performance.now() - revokedAt < 3_000)
})

const NOTHING = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, estimated: false }

function askAll(team: number, nanos: number) {
  return {
    id: idsFrom(() => Date.now() + 60_000).next(),
    keyKind: 'api',
    team,
    secret: 3,
    resource: 'text',
    resourceLabel: 5,
    modelLabel: 6,
    highspeed: false,
    units: 1,
    nanos,
    unitPrice: null,
    crashUnits: 1,
    priceVersion: 1,
  } as const
}
