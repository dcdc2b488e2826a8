import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { type Dialect, dialects } from '../../src/modalities/dialect.ts'
import { nothingCharged, openWorld, truthOf } from '../harness.ts'
import { asking, EVENT_STREAM, PATHS } from '../samples.ts'
import type { Team, TeamOptions } from '../teams.ts'
import { assertLogsAreClean, assertRefused, type Refused } from './refused.ts'

const world = await openWorld()
after(() => world.close())
beforeEach(() => world.upstream.forget())

const HOUR = 3_600_000
const RICH = 5_000_000_000

type Case = Refused & {
  readonly name: string
  readonly team: TeamOptions
  /** Uses up the three units of the tiny plan first. */
  readonly emptied?: true
  readonly key: (team: Team) => string
  readonly ask?: object
  /** Seconds of `tokenplan-reset`; absent where no window is in the way. */
  readonly reset?: number
}

const plan = (team: Team) => team.planKey
const api = (team: Team) => team.apiKey
const never = { retry: 'never' } as const
const windowEmpty = { status: 429, code: 2056, emptied: true, reset: 5 * 3600, key: plan, ...never } as const
const broke = { status: 402, code: 1008, ...never } as const

const cases: readonly Case[] = [
  {
    ...windowEmpty,
    name: 'window empty, no credits',
    team: { plan: 'tiny' },
    says: /^usage limit exceeded, 5-hour usage limit reached for Token Plan Tiny \(3\/3 used\), resets at 2026-06-10T14:30:00Z/,
  },
  {
    ...windowEmpty,
    name: 'window empty, too few credits: what is there and what is held is said',
    team: { plan: 'tiny', credits: 1_200_000 },
    says: /the team has 1\.2, of which 0 are held/,
  },
  {
    ...windowEmpty,
    name: 'window empty, a full wallet: a plan key never spends it',
    team: { plan: 'tiny', wallet: RICH },
    says: 'sk-api-',
  },
  {
    ...windowEmpty,
    name: 'window empty, overflow switched off: the switch is named',
    team: { plan: 'tiny', credits: RICH, overflow: false },
    says: /switched off for this member\. To go on now: ask the operator of this server to switch overflow on, upgrade/,
  },
  {
    ...windowEmpty,
    name: 'window empty, no access to credits: that is said',
    team: { plan: 'tiny', credits: RICH, creditsAccess: false },
    says: /no access to the credits of the team\. To go on now: ask the operator of this server for access to credits, upgrade/,
  },
  {
    ...broke,
    name: 'no seat, credits access, no credits',
    team: { plan: null },
    key: plan,
    says: /^insufficient balance/,
  },
  {
    ...broke,
    name: 'no seat, too few credits',
    team: { plan: null, credits: 1000 },
    key: plan,
    says: 'has 0.001',
  },
  { ...broke, name: 'no seat, no credits, a full wallet', team: { plan: null, wallet: RICH }, key: plan },
  {
    ...broke,
    name: 'an API key, empty wallet, with a plan and credits',
    team: { plan: 'big', credits: RICH },
    key: api,
    says: /wallet has \$0\.00/,
  },
  {
    ...broke,
    name: 'an API key, too little in the wallet',
    team: { plan: null, wallet: 1000 },
    key: api,
    says: /wallet has \$0\.000001/,
  },
  {
    ...broke,
    name: 'an API key, empty wallet, highspeed model',
    team: { plan: 'fast', credits: RICH },
    key: api,
    ask: { model: 'MiniMax-M2.7-highspeed' },
  },
  {
    ...broke,
    name: 'an API key, empty wallet, model outside the coverage',
    team: { plan: 'big', credits: RICH },
    key: api,
    ask: { model: 'M2-her' },
  },
]

for (const { name, team: options, emptied, key, ask, reset, ...wanted } of cases) {
  for (const dialect of dialects) {
    test(`${name}: ${dialect}`, async () => {
      const team = await world.team(options)
      if (emptied) await useUp(team, 3)
      world.upstream.forget()
      const before = await truthOf(world, team)
      for (const stream of [false, true]) {
        const answer = await world.call(PATHS[dialect], {
          key: key(team),
          body: asking(dialect, { ...ask, stream }),
        })
        assertRefused(answer, dialect, wanted)
        assert.equal(answer.headers['tokenplan-reset'], reset === undefined ? undefined : String(reset))
        assert.equal(answer.headers['tokenplan-remaining'], reset === undefined ? undefined : '0')
        assert.ok(!answer.text.includes(key(team)))
      }
      assert.equal(world.upstream.received.length, 0, 'the engine was not asked')
      await nothingCharged(world, team, before)
    })
  }
}

async function useUp(team: Team, units: number): Promise<void> {
  for (let used = 0; used < units; used++) {
    const answer = await world.call(PATHS['openai-chat'], { key: team.planKey, body: asking('openai-chat') })
    assert.equal(answer.headers['tokenplan-pool'], 'plan', answer.text)
  }
}

test('a refusal names next free, useful again and full, each as it is', async () => {
  const team = await world.team({ plan: 'tiny' })
  for (const minutes of [10, 20, 30]) {
    await useUp(team, 1)
    world.advance(minutes * 60_000)
  }
  const start = world.now() - HOUR
  const iso = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`
  const answer = await world.call(PATHS.anthropic, { key: team.planKey, body: asking('anthropic') })
  assertRefused(answer, 'anthropic', {
    status: 429,
    code: 2056,
    retry: 'never',
    says: `resets at ${iso(start + 5 * HOUR)}`,
  })
  assert.ok(answer.text.includes(`fits again at ${iso(start + 5 * HOUR)}`), answer.text)
  assert.ok(answer.text.includes(`everything is back at ${iso(start + 30 * 60_000 + 5 * HOUR)}`), answer.text)
  assert.equal(answer.headers['tokenplan-reset'], String(4 * 3600))
})

const lines: Readonly<Record<Dialect, string>> = {
  anthropic: 'ANTHROPIC_AUTH_TOKEN=',
  'openai-chat': 'OPENAI_API_KEY=',
  'openai-responses': 'OPENAI_API_KEY=',
  native: '_API_KEY=',
}
for (const dialect of dialects) {
  test(`a refusal says what helps: ${dialect}`, async () => {
    const team = await world.team({ plan: 'tiny' })
    await useUp(team, 3)
    const { text } = await world.call(PATHS[dialect], { key: team.planKey, body: asking(dialect) })
    for (const help of ['credits', 'upgrade', 'seat', 'API key', lines[dialect]])
      assert.ok(text.includes(help), `${help}: ${text}`)
  })
}

test('Codex is told in the words it knows: it stops, and says when to come back', async () => {
  const team = await world.team({ plan: 'tiny' })
  const back = Math.ceil(world.now() / 1000) + 5 * 3600
  await useUp(team, 3)
  for (const dialect of dialects) {
    const { text, headers } = await world.call(PATHS[dialect], { key: team.planKey, body: asking(dialect) })
    const { error } = JSON.parse(text) as { error?: { type: string; resets_at?: number } }
    const wanted =
      dialect === 'openai-responses' ? ['usage_limit_reached', back] : ['rate_limit_error', undefined]
    if (error) assert.deepEqual([error.type, error.resets_at], wanted)
    assert.equal(headers['x-codex-promo-message'] !== undefined, dialect === 'openai-responses')
  }
})

test('a hundred calls at once into three units: three are served', async () => {
  const team = await world.team({ plan: 'tiny' })
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, index) => {
      const dialect = dialects[index % 3] ?? 'anthropic'
      return world.call(PATHS[dialect], {
        key: team.planKey,
        body: asking(dialect, { stream: index % 2 === 0 }),
      })
    }),
  )
  assert.equal(answers.filter(({ status }) => status === 200).length, 3)
  assert.equal(answers.filter(({ status }) => status === 429).length, 97)
  assert.equal(world.upstream.received.length, 3)
  await nothingCharged(world, team, {
    usedUnits: 3,
    heldUnits: 0,
    creditNanos: 0,
    walletNanos: 0,
    heldNanos: 0,
  })
})

test('units of running requests count, and the refusal says how many run', async () => {
  const team = await world.team({ plan: 'tiny' })
  const begun = { headers: EVENT_STREAM, body: 'data: {"choices":[{"delta":{"content":"a"}}]}\n\n' }
  world.upstream.next(...Array.from({ length: 3 }, () => ({ ...begun, ending: 'hang' as const })))
  const running = await Promise.all(
    [1, 2, 3].map(() =>
      world.open(PATHS['openai-chat'], { key: team.planKey, body: asking('openai-chat', { stream: true }) }),
    ),
  )
  const answer = await world.call(PATHS.anthropic, { key: team.planKey, body: asking('anthropic') })
  assertRefused(answer, 'anthropic', {
    status: 429,
    code: 2056,
    retry: 'never',
    says: '3/3 used, 3 of them running',
  })
  for (const call of running) call.leave()
  await nothingCharged(world, team, {
    usedUnits: 3,
    heldUnits: 0,
    creditNanos: 0,
    walletNanos: 0,
    heldNanos: 0,
  })
})

test('one member’s empty window is nobody else’s', async () => {
  const [full, fresh] = [await world.team({ plan: 'tiny' }), await world.team({ plan: 'tiny' })]
  await useUp(full, 3)
  await useUp(fresh, 3)
  assert.equal((await truthOf(world, fresh)).usedUnits, 3)
})

test('an expired lot is no money', async () => {
  const team = await world.team({ plan: null, credits: RICH })
  world.advance(30 * 86_400_000)
  const answer = await world.call(PATHS.native, { key: team.planKey, body: asking('native') })
  assertRefused(answer, 'native', { ...broke, says: 'has 0,' })
})

test('refusals are no errors of the server: the log is empty', () => {
  assert.deepEqual(world.logs, [])
  assertLogsAreClean(world)
})
