import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { after, before, beforeEach } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { queries, statementOf } from '../store/kysely.ts'
import { migrate } from '../store/migrate.ts'
import { openSqlite, type Store } from '../store/sqlite.ts'
import { Keyring, presentedSecret } from './keyring.ts'
import { mintSecret } from './secret.ts'
import { insertSecret, revokeSecret } from './statements.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'tokenplan-keys-'))
const pepper = Buffer.from('pepper of the tests')
const [TEAM, MEMBER, SUBSCRIPTION] = [7, 8, 6]
const plan = mintSecret('plan', pepper)
const api = mintSecret('api', pepper)
let store: Store
let keyring: Keyring
let reads: number
/** While set, reads are made at once and answered when it resolves. */
let slow: Promise<void> | undefined

before(async () => {
  store = await openSqlite(path.join(folder, 'tokenplan.db'))
  await migrate(store)
})

after(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

beforeEach(async () => {
  reads = 0
  slow = undefined
  const read: Store['read'] = async (sql, params) => {
    reads++
    const rows = await store.read(sql, params)
    await slow
    return rows
  }
  keyring = new Keyring({ read }, pepper)
  await store.job([
    statementOf(queries.deleteFrom('secret')),
    statementOf(queries.deleteFrom('seat')),
    insertSecret(plan, { id: 1, team: TEAM, member: MEMBER, name: 'laptop' }, 100),
    insertSecret(api, { id: 2, team: TEAM, member: MEMBER, name: 'server' }, 100),
  ])
})

const seat = statementOf(
  queries
    .insertInto('seat')
    .values({ subscription: SUBSCRIPTION, team: TEAM, member: MEMBER, assigned_at: 1 }),
)

async function caller(secret: string) {
  const found = await keyring.recognise(secret)
  if (!found) return undefined
  const { kind, secret: id, team, member, subscription } = found
  return { kind, id, team, member, subscription }
}

test('the row of a secret holds no secret', async () => {
  const [row] = await store.read('select * from secret where id = 1')
  assert.deepEqual(row, {
    id: 1,
    public_id: plan.publicId,
    kind: 'plan',
    team: TEAM,
    member: MEMBER,
    name: 'laptop',
    mac: plan.mac,
    last_four: plan.lastFour,
    created_at: 100,
    revoked_at: null,
    cap_nanos: null,
  })
})

test('a Token Plan Key is its seat’s, and works without one', async () => {
  assert.deepEqual(await caller(plan.secret), {
    kind: 'plan',
    id: 1,
    team: TEAM,
    member: MEMBER,
    subscription: null,
  })
  await store.job([seat])
  keyring.forget()
  assert.equal((await caller(plan.secret))?.subscription, SUBSCRIPTION)
})

test('an API key has no seat, whatever its owner has', async () => {
  await store.job([seat])
  assert.deepEqual(await caller(api.secret), {
    kind: 'api',
    id: 2,
    team: TEAM,
    member: MEMBER,
    subscription: null,
  })
})

test('a secret is read once and then known at once', async () => {
  assert.ok(keyring.recognise(plan.secret) instanceof Promise)
  await Promise.all([keyring.recognise(plan.secret), caller(plan.secret)])
  const first = reads
  assert.ok(!(keyring.recognise(plan.secret) instanceof Promise))
  assert.equal(reads, first)
})

test('unknown, mistyped and forged secrets are nobody, and a typing error costs no look-up', async () => {
  const stranger = mintSecret('plan', pepper)
  assert.equal(await caller(stranger.secret), undefined)
  reads = 0
  assert.equal(
    keyring.recognise(`${plan.secret.slice(0, -1)}${plan.secret.endsWith('x') ? 'y' : 'x'}`),
    undefined,
  )
  assert.equal(keyring.recognise('anything'), undefined)
  assert.equal(reads, 0)
  // Right form, right public id, another random part: somebody who has seen the id.
  const forged = mintSecret('plan', Buffer.from('another pepper'))
  await store.job([
    statementOf(queries.updateTable('secret').set({ public_id: forged.publicId }).where('id', '=', 1)),
  ])
  assert.equal(await caller(forged.secret), undefined)
  assert.equal(await caller(forged.secret), undefined, 'also when its row is in memory')
})

test('a revoked secret is nobody from the moment it is forgotten', async () => {
  assert.ok(await caller(plan.secret))
  await store.job([revokeSecret(1, 500)])
  keyring.forget()
  assert.equal(await caller(plan.secret), undefined)
  assert.ok(await caller(api.secret))
  await store.job([revokeSecret(1, 900)])
  assert.deepEqual(
    await store.read('select revoked_at from secret where id = 1'),
    [{ revoked_at: 500 }],
    'the first time counts',
  )
})

test('a row that was on its way while its secret was revoked is not kept', async () => {
  let answer: () => void = () => undefined
  slow = new Promise((resolve) => {
    answer = resolve
  })
  const recognised = caller(plan.secret)
  while (reads === 0) await turn()
  // The old row has been read, and is not there yet.
  await store.read('select 1')
  await store.job([revokeSecret(1, 500)])
  keyring.forget()
  slow = undefined
  answer()
  assert.equal(await recognised, undefined)
  assert.equal(await caller(plan.secret), undefined)
})

test('of the two headers the one that is ours counts, Authorization first', () => {
  const other = 'sk-ant-not-ours'
  for (const [authorization, apiKey, secret] of [
    [undefined, undefined, null],
    ['', undefined, null],
    [undefined, '', null],
    [`Bearer ${plan.secret}`, undefined, plan.secret],
    [`bearer   ${plan.secret} `, undefined, plan.secret],
    [`BEARER ${plan.secret}`, undefined, plan.secret],
    [plan.secret, undefined, plan.secret],
    [undefined, ` ${api.secret} `, api.secret],
    [`Bearer ${plan.secret}`, api.secret, plan.secret],
    [`Bearer ${other}`, api.secret, api.secret],
    [`Bearer ${plan.secret}`, other, plan.secret],
    [`Bearer ${other}`, 'also-not-ours', other],
  ] as const) {
    assert.equal(presentedSecret(authorization, apiKey), secret, `${authorization} and ${apiKey}`)
  }
})
