import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import type { CommandOp } from '../../src/book/op.ts'
import { dialects } from '../../src/modalities/dialect.ts'
import { booksAreRight, nothingCharged, openWorld, truthOf } from '../harness.ts'
import { asking, PATHS } from '../samples.ts'
import type { Team, TeamOptions } from '../teams.ts'
import { assertRefused } from './refused.ts'

const world = await openWorld()
after(() => world.close())
beforeEach(() => world.upstream.forget())

const RICH = 5_000_000_000
const MONTH_ENDS = Date.UTC(2026, 6, 1)

async function secretOf(key: string): Promise<number> {
  const publicId = key.replace(/^sk-(cp|api)-/, '').slice(0, 10)
  const [row] = await world.running.store.read('select id from secret where public_id = ?', [publicId])
  return Number(row?.id)
}

const memberCap = (team: Team, capNanos: number | null): CommandOp => ({
  ...{ kind: 'access', at: world.now(), team: team.team, member: team.member, capNanos },
  ...{ creditsAccess: true, overflow: true },
})
const keyCap = async (team: Team, key: string, capNanos: number | null): Promise<CommandOp> => ({
  ...{ kind: 'key-cap', at: world.now(), team: team.team, secret: await secretOf(key), capNanos },
})
const walletSwitch = (team: Team, on: boolean, capNanos: number | null): CommandOp => ({
  ...{ kind: 'switch', at: world.now(), team: team.team, on, capNanos },
})

const plan = (team: Team) => team.planKey
const api = (team: Team) => team.apiKey

type Case = {
  readonly name: string
  readonly team: TeamOptions
  readonly key: (team: Team) => string
  readonly ops: (team: Team) => Promise<CommandOp[]> | CommandOp[]
  readonly says: RegExp
}

const cases: readonly Case[] = [
  {
    name: 'the cap of the member',
    team: { plan: null, credits: RICH },
    key: plan,
    ops: (team) => [memberCap(team, 1000)],
    says: /^usage limit exceeded, the cap on what this member spends beyond the plan is 0\.001 credits a month; 0 credits are spent or held by running requests, and this request may need [\d.]+ credits\. The month ends at 2026-07-01T00:00:00Z; what running requests do not use is free again when they end, and the operator of this server can raise the cap/,
  },
  {
    name: 'the cap of a Token Plan Key',
    team: { plan: null, credits: RICH },
    key: plan,
    ops: async (team) => [await keyCap(team, team.planKey, 0)],
    says: /^usage limit exceeded, the cap of this key is \$0\.00 a month; .* and the operator of this server can raise the cap/,
  },
  {
    name: 'the cap of an API key, with a full wallet',
    team: { plan: 'big', wallet: RICH },
    key: api,
    ops: async (team) => [await keyCap(team, team.apiKey, 5)],
    says: /^usage limit exceeded, the cap of this key is \$0\.000000005 a month/,
  },
  {
    name: 'the cap of the wallet behind the credits',
    team: { plan: null, wallet: RICH },
    key: plan,
    ops: (team) => [walletSwitch(team, true, 10)],
    says: /^usage limit exceeded, the cap on what the wallet pays beyond plan and credits is \$0\.00000001 a month; .* and the operator of this server can raise the cap/,
  },
]

for (const { name, team: options, key, ops, says } of cases) {
  for (const dialect of dialects) {
    test(`${name}: ${dialect}`, async () => {
      const team = await world.team(options)
      await world.running.book.command(await ops(team), [])
      const before = await truthOf(world, team)
      for (const stream of [false, true]) {
        const answer = await world.call(PATHS[dialect], { key: key(team), body: asking(dialect, { stream }) })
        assertRefused(answer, dialect, { status: 429, code: 2056, says, retry: 'never' })
        assert.equal(answer.headers['tokenplan-reset'], String((MONTH_ENDS - world.now()) / 1000))
        assert.equal(answer.headers['tokenplan-remaining'], undefined)
      }
      assert.equal(world.upstream.received.length, 0, 'the engine was not asked')
      await nothingCharged(world, team, before)
    })
  }
}

/** `why`: what explain says of the money. */
const emptied: readonly (Omit<Case, 'key'> & { readonly why: string })[] = [
  {
    name: 'a member',
    team: { plan: 'tiny', credits: RICH },
    ops: (team) => [memberCap(team, 0)],
    why: 'member',
    says: /\(3\/3 used\).*\. The cap on what this member spends beyond the plan is 0 credits a month.* To go on now: ask the operator of this server to raise the cap, upgrade/,
  },
  {
    name: 'a key',
    team: { plan: 'tiny', credits: RICH },
    ops: async (team) => [await keyCap(team, team.planKey, 0)],
    why: 'key',
    says: /\(3\/3 used\).*\. The cap of this key is \$0\.00 a month/,
  },
  {
    name: 'the wallet',
    team: { plan: 'tiny', wallet: RICH },
    ops: (team) => [walletSwitch(team, true, 0)],
    why: 'wallet',
    says: /\(3\/3 used\).*\. The cap on what the wallet pays beyond plan and credits is \$0\.00 a month/,
  },
  {
    name: 'no cap, the switch is off',
    team: { plan: 'tiny', wallet: RICH },
    ops: (team) => [walletSwitch(team, false, null)],
    why: 'shortage',
    says: /\(3\/3 used\).* This request may need \d\S* credits; the team has 0, of which 0 are held/,
  },
  {
    name: 'no cap, the wallet is on and has too little',
    team: { plan: 'tiny', wallet: 5 },
    ops: (team) => [walletSwitch(team, true, null)],
    why: 'shortage',
    says: /\(3\/3 used\).* and its wallet \$0\.000000005, of which \$0\.00 are held/,
  },
]

for (const { name, team: options, ops, says, why } of emptied) {
  test(`with the window empty the sentence is the window's and names the cap: ${name}`, async () => {
    const team = await world.team(options)
    await world.running.book.command(await ops(team), [])
    for (let used = 0; used < 3; used++) {
      const answer = await world.call(PATHS.native, { key: team.planKey, body: asking('native') })
      assert.equal(answer.headers['tokenplan-pool'], 'plan', 'a cap of money does not touch the plan')
    }
    for (const dialect of dialects) {
      const answer = await world.call(PATHS[dialect], { key: team.planKey, body: asking(dialect) })
      assertRefused(answer, dialect, { status: 429, code: 2056, says, retry: 'never' })
      assert.equal(answer.headers['tokenplan-reset'], String(5 * 3600))
      const explained = `/v1/token_plan/explain/${answer.headers['x-request-id']}`
      const { text } = await world.call(explained, { key: team.planKey })
      assert.deepEqual([JSON.parse(text).why, JSON.parse(text).money.why], ['window-empty', why])
    }
  })
}

test('a cap holds what running and ended requests cost, and is new with the month', async () => {
  const team = await world.team({ plan: null, credits: RICH })
  const ask = (key: string) =>
    world.call(PATHS.native, { key, body: asking('native', { model: 'MiniMax-M2.5', max_tokens: 500 }) })
  await world.running.book.command([memberCap(team, 1_000_000)], [])
  assert.equal((await ask(team.planKey)).headers['tokenplan-pool'], 'credits')
  // 393,302 nanos are spent; another hold of some 650,000 does not fit.
  const refused = await ask(team.planKey)
  assertRefused(refused, 'native', {
    ...{
      status: 429,
      code: 2056,
      retry: 'never',
      says: /1 credits a month; 0\.393302 credits are spent or held/,
    },
  })
  world.advance(MONTH_ENDS - world.now() - 1)
  assertRefused(await ask(team.planKey), 'native', { status: 429, code: 2056, retry: 'never' })
  world.advance(1)
  assert.equal((await ask(team.planKey)).headers['tokenplan-pool'], 'credits')
  await booksAreRight(world)
})

test('the pools of one request are named in the order in which they pay', async () => {
  const image = 3_500_000
  const draw = (key: string, n: number) =>
    world.call('/v1/image_generation', { key, body: { model: 'image-01', prompt: 'two cats', n } })
  const team = await world.team({ plan: 'max', credits: 2 * image, wallet: RICH })
  await world.running.book.command([walletSwitch(team, true, null)], [])
  for (let left = 120; left > 3; left -= 9)
    assert.equal((await draw(team.planKey, 9)).headers['tokenplan-pool'], 'plan')
  const three = await draw(team.planKey, 9)
  assert.equal(three.headers['tokenplan-pool'], 'plan+credits+wallet', three.text)
  const [spent, wallet] = [await truthOf(world, team), await draw(team.planKey, 1)]
  assert.deepEqual([spent.creditNanos, spent.walletNanos], [0, RICH - 4 * image])
  assert.equal(wallet.headers['tokenplan-pool'], 'wallet')
  await booksAreRight(world)
})
