import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { dialects } from '../../src/modalities/dialect.ts'
import { nothingCharged, openWorld, truthOf } from '../harness.ts'
import { asking, PATHS } from '../samples.ts'
import type { TeamOptions } from '../teams.ts'
import { assertRefused, type Refused } from './refused.ts'

const world = await openWorld()
after(() => world.close())
beforeEach(() => world.upstream.forget())

const RICH = 5_000_000_000
const HIGHSPEED = 'MiniMax-M2.7-highspeed'

type Case = Pick<Refused, 'code' | 'says'> & {
  readonly name: string
  readonly team: TeamOptions
  readonly model?: string
}

/** All with a Token Plan Key, and a full wallet that it must not touch. */
const cases: readonly Case[] = [
  {
    name: 'no seat, no access to credits',
    team: { plan: null, credits: RICH, creditsAccess: false },
    code: 2062,
    says: /^no active token plan/,
  },
  {
    name: 'no seat, overflow switched off',
    team: { plan: null, credits: RICH, overflow: false },
    code: 2062,
  },
  {
    name: 'a plan that has ended, no access to credits',
    team: { plan: 'big', planMs: 1, creditsAccess: false, credits: RICH },
    code: 2062,
  },
  {
    name: 'a model outside the coverage, plan and credits full',
    team: { plan: 'ultra-highspeed', credits: RICH },
    model: 'M2-her',
    code: 2061,
    says: /^your current token plan not support model, M2-her: .*sk-api-/,
  },
  {
    name: 'a model outside the coverage, no seat',
    team: { plan: null, credits: RICH },
    model: 'M2-her',
    code: 2061,
  },
  {
    name: 'highspeed on a standard plan, no credits',
    team: { plan: 'max' },
    model: HIGHSPEED,
    code: 2061,
    says: /^your current token plan not support model, MiniMax-M2\.7-highspeed/,
  },
  {
    name: 'highspeed on a standard plan, too few credits',
    team: { plan: 'max', credits: 5 },
    model: HIGHSPEED,
    code: 2061,
    says: /This request may need [\d.]+ credits; the team has 0\.000005, of which 0 are held .* To use it: add credits, choose/,
  },
  {
    name: 'highspeed on a standard plan, overflow off',
    team: { plan: 'max', credits: RICH, overflow: false },
    model: HIGHSPEED,
    code: 2061,
    says: /switched off for this member\. To use it: ask the operator of this server to switch overflow on, choose/,
  },
  {
    name: 'highspeed on a standard plan, no access to credits',
    team: { plan: 'max', credits: RICH, creditsAccess: false },
    model: HIGHSPEED,
    code: 2061,
    says: /no access to the credits of the team\. To use it: ask the operator of this server for access/,
  },
]

for (const { name, team: options, model = 'MiniMax-M2.7', ...wanted } of cases) {
  for (const dialect of dialects) {
    test(`${name}: ${dialect}`, async () => {
      const team = await world.team({ wallet: RICH, ...options })
      world.advance(1)
      const before = await truthOf(world, team)
      for (const stream of [false, true]) {
        const answer = await world.call(PATHS[dialect], {
          key: team.planKey,
          body: asking(dialect, { model, stream }),
        })
        assertRefused(answer, dialect, { status: 403, retry: 'never', ...wanted })
        assert.ok(!answer.text.includes('/0 used'), 'nobody reads of a quota that is not there')
      }
      assert.equal(world.upstream.received.length, 0, 'the engine was not asked')
      await nothingCharged(world, team, before)
    })
  }
}

test('a plan ends to the millisecond', async () => {
  const team = await world.team({ plan: 'big', planMs: 60_000 })
  const call = () => world.call(PATHS.anthropic, { key: team.planKey, body: asking('anthropic') })
  world.advance(59_999)
  assert.equal((await call()).headers['tokenplan-pool'], 'plan')
  world.advance(1)
  assertRefused(await call(), 'anthropic', { status: 402, code: 1008, retry: 'never' })
})

test('the refusal names the model as the caller wrote it', async () => {
  const team = await world.team({ plan: 'max' })
  const body = asking('openai-chat', { model: 'minimax-m2.7-HIGHSPEED' })
  const answer = await world.call(PATHS['openai-chat'], { key: team.planKey, body })
  assertRefused(answer, 'openai-chat', {
    status: 403,
    code: 2061,
    retry: 'never',
    says: 'minimax-m2.7-HIGHSPEED',
  })
})

test('refusals are no errors of the server: the log is empty', () => assert.deepEqual(world.logs, []))
