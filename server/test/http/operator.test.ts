import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { booksAreRight, openWorld, truthOf } from '../harness.ts'
import { addMember } from '../members.ts'
import { asking, PATHS } from '../samples.ts'
import type { Team } from '../teams.ts'

const world = await openWorld()
after(() => world.close())
beforeEach(() => world.upstream.forget())

const CHAT = PATHS['openai-chat']
const DAY = 86_400_000
const M25 = { model: 'MiniMax-M2.5', max_tokens: 1000 }
/** USAGE at the prices of MiniMax-M2.5 in the harness. */
const PRICE = 393_302

// biome-ignore lint/suspicious/noExplicitAny: an answer is read here as its caller reads it
type Told = any

async function act(
  path: string,
  body?: object | string,
  token: string | undefined = world.demo.operatorToken,
) {
  const answer = await world.call(`/api/operator/${path}`, { method: 'POST', key: token, body })
  return { status: answer.status, told: JSON.parse(answer.text) as Told }
}

async function done(path: string, body?: object): Promise<Told> {
  const { status, told } = await act(path, body)
  assert.equal(status, 200, JSON.stringify(told))
  return told
}

async function ask(secret: string, more: object = M25) {
  const answer = await world.call(CHAT, { key: secret, body: asking('openai-chat', more) })
  return {
    status: answer.status,
    id: String(answer.headers['x-request-id']),
    pool: answer.headers['tokenplan-pool'],
  }
}

async function explained({ planKey }: Team, id: string): Promise<Told> {
  return JSON.parse((await world.call(`/v1/token_plan/explain/${id}`, { key: planKey })).text)
}

async function auditedActs(): Promise<Told[]> {
  const rows = await world.running.store.read('select actor, act, detail from audit order by id')
  return rows.map(({ actor, act: name, detail }) => ({ actor, act: name, ...JSON.parse(String(detail)) }))
}

const publicId = (secret: string) => secret.replace(/^sk-(cp|api)-/, '').slice(0, 10)

test('credits are granted or sold, and burn; one audit row each', async () => {
  const team = await world.team({ plan: null })
  const before = (await auditedActs()).length
  const granted = await done(`teams/${team.team}/credits`, { credits: '1.5', expiresInDays: 1 })
  assert.deepEqual(granted, {
    ...{ lot: granted.lot, credits: '1.5', kind: 'granted', expiresAt: world.now() + DAY },
  })
  await done(`teams/${team.team}/credits`, { credits: 2, kind: 'bought' })
  const money = await world.running.book.money(team.team)
  assert.deepEqual(
    money?.lots.map(({ kind, balanceNanos, expiresAt }) => [kind, balanceNanos, expiresAt - world.now()]),
    [
      ['granted', 1_500_000, DAY],
      ['bought', 2_000_000, world.catalogue.credits.lotLifetimeMs],
    ],
  )
  assert.equal((await ask(team.planKey)).pool, 'credits')
  const rows = await auditedActs()
  assert.equal(rows.length, before + 2)
  assert.deepEqual(rows.at(-2), { actor: 'operator', act: 'team.credits', team: team.team, ...granted })
  await booksAreRight(world)
})

test('the wallet is topped up to the billionth', async () => {
  const team = await world.team({ plan: null })
  assert.equal((await done(`teams/${team.team}/wallet`, { usd: '0.000000001' })).balance, '$0.000000001')
  assert.equal(
    (await done(`teams/${team.team}/wallet`, { usd: '12.5', kind: 'granted' })).balance,
    '$12.500000001',
  )
  assert.equal((await ask(team.apiKey)).pool, 'wallet')
  await booksAreRight(world)
})

test('overflow, access and caps: what they change is what the next request meets', async () => {
  const team = await world.team({ plan: null, credits: 100_000, wallet: 1e9 })
  assert.equal((await ask(team.planKey)).status, 402)
  await done(`teams/${team.team}/wallet-overflow`, { on: true, monthlyCapUsd: null })
  assert.equal((await ask(team.planKey)).pool, 'credits+wallet')
  await done(`teams/${team.team}/wallet-overflow`, { on: true, monthlyCapUsd: '0.0001' })
  assert.equal((await ask(team.planKey)).status, 429)
  await done(`teams/${team.team}/wallet-overflow`, { on: true, monthlyCapUsd: null })
  const access = `teams/${team.team}/members/${team.member}/access`
  await done(access, { creditsAccess: true, overflow: true, monthlyCapCredits: 0 })
  assert.equal((await ask(team.planKey)).status, 429)
  await done(access, { creditsAccess: false, overflow: true, monthlyCapCredits: null })
  assert.equal((await ask(team.planKey)).status, 403)
  await done(access, { creditsAccess: true, overflow: true, monthlyCapCredits: null })
  const cap = `teams/${team.team}/keys/${publicId(team.planKey)}/cap`
  await done(cap, { monthlyCapUsd: 0 })
  assert.equal((await ask(team.planKey)).status, 429)
  await done(cap, { monthlyCapUsd: null })
  assert.equal((await ask(team.planKey)).status, 200)
  assert.equal((await ask(team.apiKey)).status, 200)
  await booksAreRight(world)
})

test('a revoked key stops at once, alone, and stays so over a restart', async () => {
  const team = await world.team({ wallet: 1e9 })
  assert.equal((await ask(team.planKey)).status, 200)
  const { revokedAt } = await done(`keys/${publicId(team.planKey)}/revoke`)
  assert.equal(revokedAt, world.now())
  assert.equal((await ask(team.planKey)).status, 401)
  assert.equal((await ask(team.apiKey)).status, 200)
  world.advance(1000)
  const rows = (await auditedActs()).length
  assert.equal((await done(`keys/${team.planKey.slice(0, 16)}/revoke`, {})).revokedAt, revokedAt)
  assert.equal((await auditedActs()).length, rows)
  await world.restart()
  assert.equal((await ask(team.planKey)).status, 401)
})

async function usedUnits(team: Team): Promise<number> {
  return (await truthOf(world, team)).usedUnits
}

test('a unit is given back once, also to a window that is read anew', async () => {
  const team = await world.team({ plan: 'tiny' })
  for (let used = 0; used < 2; used++) await ask(team.planKey, {})
  const { id } = await ask(team.planKey, {})
  assert.equal((await ask(team.planKey, {})).status, 429)
  const given = await done('corrections', { requestId: id, units: 1, reason: 'nonsense' })
  assert.deepEqual([given.request, given.units, given.givenTo], [id.slice(0, 14), 1, []])
  assert.equal(await usedUnits(team), 2)
  const again = await act('corrections', { requestId: id, units: 1, reason: 'nonsense' })
  assert.equal(again.status, 409)
  assert.match(again.told.error.message, /of this request 0 units and \$0\.00 \(0 credits\) are left/)
  assert.equal((await ask(team.planKey, {})).status, 200)
  assert.equal((await ask(team.planKey, {})).status, 429)
  await world.restart()
  assert.equal(await usedUnits(team), 3)
  assert.equal((await ask(team.planKey, {})).status, 429)
  const receipt = await world.call(`/v1/token_plan/receipts/${id}`, { key: team.planKey })
  const [correction] = JSON.parse(receipt.text).receipt.corrections
  assert.deepEqual([correction.units, correction.reason, correction.given_to], [1, 'nonsense', []])
  await booksAreRight(world)
})

test('money goes back to where it came from, what paid last first', async () => {
  const team = await world.team({ plan: null, credits: [100_000, 200_000], wallet: 1e9 })
  await done(`teams/${team.team}/wallet-overflow`, { on: true, monthlyCapUsd: null })
  const { id } = await ask(team.planKey)
  const balances = async () => {
    const money = await world.running.book.money(team.team)
    return [
      ...(money?.lots ?? []).map(({ balanceNanos }) => balanceNanos),
      (money?.wallet.balanceNanos ?? 0) - 1e9,
    ]
  }
  assert.deepEqual(await balances(), [0, 0, 300_000 - PRICE])
  await done('corrections', { requestId: id, usd: '0.0001', reason: 'first' })
  assert.deepEqual(await balances(), [0, 6_698, 0])
  await done('corrections', { requestId: id, credits: '0.2', reason: 'second' })
  assert.deepEqual(await balances(), [6_698, 200_000, 0])
  const more = await act('corrections', { requestId: id, credits: '0.093303', reason: 'third' })
  assert.match(more.told.error.message, /0 units and \$0\.000093302 \(0\.093302 credits\) are left/)
  await world.restart()
  assert.deepEqual(await balances(), [6_698, 200_000, 0])
  await booksAreRight(world)
})

test('a lot that has expired meanwhile: a new one, granted', async () => {
  const team = await world.team({ plan: null, credits: [100_000, 9e8] })
  const { id } = await ask(team.planKey)
  world.advance(30 * DAY)
  const { givenTo } = await done('corrections', { requestId: id, usd: '0.000393302', reason: 'all' })
  const expiresAt = world.now() + world.catalogue.credits.lotLifetimeMs
  assert.deepEqual(
    givenTo.map((share: Told) => [share.usd, share.newLotExpiresAt]),
    [
      ['$0.000293302', null],
      ['$0.0001', expiresAt],
    ],
  )
  const lots = async () =>
    (await world.running.book.money(team.team))?.lots.map((lot) => [
      lot.kind,
      lot.balanceNanos,
      lot.expiresAt,
    ])
  const told = await lots()
  assert.deepEqual(told?.at(-1), ['granted', 100_000, expiresAt])
  await world.restart()
  assert.deepEqual(await lots(), told)
  await booksAreRight(world)
})

test('two at once never give back the same twice', async () => {
  const team = await world.team({ plan: null, credits: 1e9 })
  const { id } = await ask(team.planKey)
  const before = await truthOf(world, team)
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => act('corrections', { requestId: id, usd: '0.0002', reason: 'twice' })),
  )
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409, 409, 409, 409, 409, 409])
  assert.equal((await truthOf(world, team)).creditNanos, before.creditNanos + 200_000)
  await booksAreRight(world)
})

test('a unit that a crash kept can be given back', async () => {
  const team = await world.team({ plan: 'tiny' })
  const { id } = await ask(team.planKey, {})
  const { book, store } = world.running
  const [label] = await store.read(`select id from label where name = 'text'`)
  const hold = await book.admit(
    {
      ...{ id: world.ids.next(), keyKind: 'plan' as const, team: team.team, member: team.member, secret: 1 },
      ...{
        resource: 'text',
        resourceLabel: Number(label?.id),
        modelLabel: 0,
        highspeed: false,
        units: 1,
        nanos: 5,
      },
      ...{ unitPrice: null, crashUnits: 1, priceVersion: 7 },
    },
    team.subscription,
  )
  assert.ok(hold.kind === 'held')
  const crashed = hold.op.id.toString(16).padStart(14, '0')
  const running = await act('corrections', { requestId: crashed, units: 1, reason: 'crash' })
  assert.equal(running.status, 409)
  assert.match(running.told.error.message, /still running/)
  const tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, estimated: false }
  await book.end(hold.op, { ending: 'crashed', nanos: 0, tokens })
  assert.equal(await usedUnits(team), 2)
  await done('corrections', { requestId: crashed, units: 1, reason: 'crash' })
  assert.equal(await usedUnits(team), 1)
  await done('corrections', { requestId: id, units: 1, reason: 'too' })
  assert.equal(await usedUnits(team), 0)
})

test('pieces of a day are given to the day of the correction, also after a restart', async () => {
  const team = await world.team({ plan: 'max' })
  const body = { model: 'image-01', prompt: 'two cats', n: 9 }
  const draw = () => world.call('/v1/image_generation', { key: team.planKey, body })
  const id = String((await draw()).headers['x-request-id'])
  world.advance(DAY)
  await draw()
  const used = async () => {
    const meters = await world.running.book.meters(Number(team.subscription), team.team)
    return meters?.find(({ resource }) => resource === 'image-01')?.windows[0]?.usedUnits
  }
  assert.equal(await used(), 9)
  await done('corrections', { requestId: id, units: 4, reason: 'blurred' })
  assert.equal(await used(), 5)
  await world.restart()
  assert.equal(await used(), 5)
  const today = String((await draw()).headers['x-request-id'])
  const { window, filled_by } = await explained(team, today)
  assert.deepEqual([window.used, filled_by.units, filled_by.given_back_from_earlier], [5, 9, 4])
  await booksAreRight(world)
})

test('explain tells of earlier days what came back before the request, of its plan and its resource alone', async () => {
  const [team, other] = [await world.team({ plan: 'max' }), await world.team({ plan: 'max' })]
  const draw = async ({ planKey: key }: Team) => {
    const body = { model: 'image-01', prompt: 'two cats', n: 9 }
    return String((await world.call('/v1/image_generation', { key, body })).headers['x-request-id'])
  }
  const back = (requestId: string, units: number) => done('corrections', { requestId, units, reason: 'r' })
  const [mine, theirs] = [await draw(team), await draw(other)]
  const asked = await ask(team.planKey)
  await back(mine, 2)
  world.advance(DAY)
  const same = await draw(team)
  await back(theirs, 5)
  await back(asked.id, 1)
  await back(same, 1)
  await back(mine, 3)
  world.advance(1)
  const today = await draw(team)
  world.advance(1)
  await back(mine, 4)
  const { window, filled_by } = await explained(team, today)
  assert.deepEqual([window.used, filled_by.units, filled_by.given_back_from_earlier], [5, 8, 3])
  await booksAreRight(world)
})

test('401 without the operator token, and nothing is done', async () => {
  const team = await world.team()
  const rows = (await auditedActs()).length
  const before = await truthOf(world, team)
  for (const token of [team.planKey, team.apiKey, 'op-', '']) {
    const { status, told } = await act(`teams/${team.team}/wallet`, { usd: '1' }, token)
    assert.equal(status, 401)
    assert.equal(told.error.code, 'operator_only')
  }
  assert.equal((await auditedActs()).length, rows)
  assert.deepEqual(await truthOf(world, team), before)
})

test('404: no such team, member, key or request', async () => {
  const team = await world.team()
  const other = await world.team()
  const stranger = await addMember(world, other)
  const access = { creditsAccess: true, overflow: true, monthlyCapCredits: null }
  const cases: readonly (readonly [string, object, string])[] = [
    ['teams/999/credits', { credits: 1 }, 'subject_unknown'],
    ['teams/x/wallet', { usd: '1' }, 'subject_unknown'],
    ['teams/99999999999999999999/wallet', { usd: '1' }, 'subject_unknown'],
    ['teams/999/wallet-overflow', { on: true, monthlyCapUsd: null }, 'subject_unknown'],
    [`teams/${team.team}/members/${stranger.member}/access`, access, 'subject_unknown'],
    [`teams/${team.team}/keys/${publicId(other.planKey)}/cap`, { monthlyCapUsd: 1 }, 'subject_unknown'],
    ['keys/0000000000/revoke', {}, 'subject_unknown'],
    ['corrections', { requestId: 'f'.repeat(14), units: 1, reason: 'x' }, 'request_unknown'],
    ['corrections', { requestId: 'x', units: 1, reason: 'x' }, 'request_unknown'],
  ]
  for (const [path, body, code] of cases) {
    const { status, told } = await act(path, body)
    assert.deepEqual([status, told.error.code], [404, code], path)
  }
})

test('400: each wrong field is named', async () => {
  const team = await world.team()
  const { id } = await ask(team.planKey, {})
  const credits = `teams/${team.team}/credits`
  const wallet = `teams/${team.team}/wallet`
  const before = await truthOf(world, team)
  const cases: readonly (readonly [string, object | string, RegExp])[] = [
    [credits, '{', /not a JSON object/],
    [credits, '[]', /not a JSON object/],
    [credits, {}, /credits: is required\. Correct the named field\. Nothing was changed\.$/],
    [credits, { credits: 0 }, /credits: must be more than 0/],
    [credits, { credits: -1 }, /credits: must be a number of credits/],
    [credits, { credits: '0.0000001' }, /credits: must be a number of credits/],
    [credits, { credits: '1e3' }, /credits: must be a number of credits/],
    [credits, { credits: '2000000000' }, /worth at most \$1,000,000/],
    [credits, { credits: 1, kind: 'stolen' }, /kind: must be granted or bought/],
    [credits, { credits: 1, expiresInDays: 0 }, /expiresInDays: must be a whole number from 1 to 3660/],
    [credits, { credits: 1, expiresInDays: 1.5 }, /expiresInDays: /],
    [credits, { credits: 1, more: 1 }, /there is no field more\./],
    [wallet, { usd: '0.0000000001' }, /usd: must be an amount/],
    [wallet, '{"usd":"1","usd":"2"}', /usd: given twice/],
    [wallet, { usd: null }, /usd: must be an amount in USD/],
    [`teams/${team.team}/wallet-overflow`, { on: 1, monthlyCapUsd: null }, /on: must be true or false/],
    [
      `teams/${team.team}/wallet-overflow`,
      { on: true },
      /monthlyCapUsd: is required; null stands for no cap/,
    ],
    ['corrections', { requestId: id, units: 1 }, /reason: is required/],
    ['corrections', { requestId: id, units: 1, reason: '  ' }, /reason: /],
    ['corrections', { requestId: id, units: 1, reason: 'a\u0000b' }, /reason: .*without control characters/],
    ['corrections', { requestId: id, units: 1, reason: 'a\ud800' }, /reason: /],
    ['corrections', { requestId: id, reason: 'x' }, /units, credits or usd: say what is to be given back/],
    ['corrections', { requestId: id, usd: '1', credits: 1, reason: 'x' }, /not both/],
    ['corrections', { requestId: id, units: -1, reason: 'x' }, /units: /],
  ]
  for (const [path, body, says] of cases) {
    const { status, told } = await act(path, body)
    assert.equal(status, 400, `${path} ${JSON.stringify(body)}: ${JSON.stringify(told)}`)
    assert.match(told.error.message, says)
  }
  assert.deepEqual(await truthOf(world, team), before)
  await booksAreRight(world)
})

test('no path repeats a key: a whole one revokes, and an unknown one is not told', async () => {
  const team = await world.team()
  const { planKey } = team
  for (const path of [`keys/${planKey}x/revoke`, `teams/${planKey}/credits`, `keys/${planKey}/no`]) {
    const { status, told } = await act(path, path.endsWith('credits') ? { credits: 1 } : {})
    assert.equal(status, 404)
    assert.ok(!JSON.stringify(told).includes(planKey.slice(16, 26)), JSON.stringify(told))
  }
  const unknown = await act(`keys/sk-cp-${'0'.repeat(10)}${planKey.slice(16)}/revoke`)
  assert.match(unknown.told.error.message, /key 0000000000\./)
  assert.ok(!unknown.told.error.message.includes(planKey.slice(16)))
  assert.equal((await done(`keys/${planKey}/revoke`)).key, publicId(planKey))
})

test('405 for another method, 404 for an act that there is not', async () => {
  for (const path of ['teams/1/credits', 'keys/0000000000/revoke', 'corrections', 'clock']) {
    const answer = await world.call(`/api/operator/${path}`, { key: world.demo.operatorToken })
    assert.deepEqual([answer.status, answer.headers.allow], [405, 'POST'], path)
    assert.equal(JSON.parse(answer.text).error.code, 'method_wrong')
  }
  const { status, told } = await act('teams/1/nothing')
  assert.equal(status, 404)
  assert.match(told.error.message, /nothing at this path\. See \/docs\/api\/operator /)
})
