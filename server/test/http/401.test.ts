import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { mintSecret } from '../../src/keys/secret.ts'
import { type Dialect, dialects } from '../../src/modalities/dialect.ts'
import { nothingCharged, openWorld, truthOf } from '../harness.ts'
import { asking, PATHS } from '../samples.ts'
import { assertLogsAreClean, assertRefused } from './refused.ts'

const world = await openWorld()
after(() => world.close())
beforeEach(() => world.upstream.forget())
const team = await world.team({ credits: 1e9, wallet: 1e9 })
const revoked = await world.team({ credits: 1e9, wallet: 1e9, revoked: true })

/** Reads of the store while `act` runs: a typing error must not cost one. */
async function readsDuring(act: () => Promise<unknown>): Promise<number> {
  const { store } = world.running
  const { read } = store
  let reads = 0
  store.read = (sql, params) => {
    reads++
    return read(sql, params)
  }
  await act()
  store.read = read
  return reads
}

function withTypo(key: string): string {
  const last = key.at(-1)
  return key.slice(0, -1) + (last === 'A' ? 'B' : 'A')
}

/** Native clients know a key that is wrong as 1004. */
const codeOf = (dialect: Dialect) => (dialect === 'native' ? 1004 : 2049)

type Case = { name: string; headers: Record<string, string>; missing?: boolean; reads: number }
const foreign = mintSecret('plan', Buffer.from('another pepper'))
const cases: readonly Case[] = [
  { name: 'no key', headers: {}, missing: true, reads: 0 },
  { name: 'an empty bearer', headers: { authorization: 'Bearer ' }, missing: true, reads: 0 },
  { name: 'an empty x-api-key', headers: { 'x-api-key': '' }, missing: true, reads: 0 },
  { name: 'a typing error', headers: { authorization: `Bearer ${withTypo(team.planKey)}` }, reads: 0 },
  { name: 'a typing error in x-api-key', headers: { 'x-api-key': withTypo(team.planKey) }, reads: 0 },
  { name: 'a key cut short', headers: { authorization: `Bearer ${team.planKey.slice(0, -1)}` }, reads: 0 },
  { name: 'small letters', headers: { authorization: `Bearer ${team.planKey.toLowerCase()}` }, reads: 0 },
  { name: 'another prefix', headers: { 'x-api-key': team.planKey.replace('sk-cp-', 'sk-api-') }, reads: 0 },
  {
    name: 'Basic',
    headers: { authorization: `Basic ${Buffer.from(team.planKey).toString('base64')}` },
    reads: 0,
  },
  { name: 'two foreign keys', headers: { authorization: 'Bearer sk-a', 'x-api-key': 'sk-b' }, reads: 0 },
  { name: '16,000 characters', headers: { 'x-api-key': `sk-cp-${'a'.repeat(15_000)}` }, reads: 0 },
  { name: 'a well-formed key of another server', headers: { 'x-api-key': foreign.secret }, reads: 1 },
  { name: 'a revoked Token Plan Key', headers: { authorization: `Bearer ${revoked.planKey}` }, reads: 1 },
  { name: 'a revoked API key', headers: { 'x-api-key': revoked.apiKey }, reads: 1 },
]

for (const { name, headers, missing, reads } of cases) {
  for (const dialect of dialects) {
    test(`${name}: ${dialect}`, async () => {
      const before = await truthOf(world, team)
      const taken = await readsDuring(async () => {
        const answer = await world.call(PATHS[dialect], { headers, body: asking(dialect) })
        assertRefused(answer, dialect, {
          status: 401,
          code: missing ? 1004 : codeOf(dialect),
          says: missing ? /^login fail: / : /^invalid api key/,
        })
        for (const key of Object.values(headers))
          if (key && !missing) assert.ok(!answer.text.includes(key), 'the key is not repeated')
      })
      // A second try of a key that is on record is answered from memory.
      assert.ok(taken <= reads, `${taken} reads`)
      assert.equal(world.upstream.received.length, 0)
      await nothingCharged(world, team, before)
    })
  }
}

/** Refused alike whether it exists or not: nobody learns which public ids there are. */
test('a wrong secret under a public id that exists', async () => {
  const { planKey } = team
  const other = mintSecret('plan', world.pepper).secret
  const answer = await world.call(PATHS.anthropic, { key: other, body: asking('anthropic') })
  const typo = await world.call(PATHS.anthropic, { key: withTypo(planKey), body: asking('anthropic') })
  const without = (text: string) => text.replace(/[0-9a-f]{32}/, '')
  assert.equal(without(answer.text), without(typo.text))
})

test('a key that is refused is refused before its body is looked at', async () => {
  for (const body of ['', '{', '[]', 'x'.repeat(100_000)]) {
    const answer = await world.call(PATHS['openai-chat'], { key: 'sk-cp-wrong', body })
    assertRefused(answer, 'openai-chat', { status: 401, code: 2049 })
  }
})

const keyless: readonly [string, string, Dialect][] = [
  ['GET', '/v1/models', 'openai-chat'],
  ['GET', '/v1/models/MiniMax-M2.7', 'openai-chat'],
  ['GET', '/anthropic/v1/models', 'anthropic'],
  ['GET', '/anthropic/v1/models/nothing', 'anthropic'],
  ['POST', '/anthropic/v1/messages/count_tokens', 'anthropic'],
  ['POST', '/v1/messages/count_tokens', 'anthropic'],
  ['GET', '/v1/token_plan/remains', 'native'],
  ['GET', '/v1/coding_plan/remains', 'native'],
  ['GET', '/v1/api/openplatform/coding_plan/remains', 'native'],
]
for (const [method, path, dialect] of keyless) {
  test(`${method} ${path} wants a key too`, async () => {
    const body = method === 'POST' ? asking('anthropic') : undefined
    const none = await world.call(path, { method, body })
    assertRefused(none, dialect, { status: 401, code: 1004 })
    const wrong = await world.call(path, { method, body, key: revoked.planKey })
    assertRefused(wrong, dialect, { status: 401, code: codeOf(dialect) })
  })
}

test('keys are not in the log', () =>
  assertLogsAreClean(world, team.planKey, revoked.planKey, foreign.secret))
