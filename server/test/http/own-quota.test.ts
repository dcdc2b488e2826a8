import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import type { OwnQuota } from '../../src/api/own-quota.ts'
import { clockOver } from '../../src/clock.ts'
import { readConfig } from '../../src/config.ts'
import { openServer, type Running } from '../../src/main.ts'
import type { Demo } from '../../src/teams/demo.ts'

const START = Date.UTC(2026, 4, 20, 12)
const HOUR_MS = 3_600_000
const FIVE_HOURS_MS = 5 * HOUR_MS
const ANSWER = JSON.stringify({
  id: 'x',
  object: 'chat.completion',
  created: 1,
  model: 'MiniMax-M2.7',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'hello' } }],
  usage: { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 },
})

/** An engine that answers at once, or when it is told to. */
let waiting: ((answers: readonly ServerResponse[]) => void) | null = null
const engine: Server = createServer((req, res) => {
  req.resume()
  req.on('end', () => {
    if (req.method === 'POST' && waiting) waiting([res])
    else sendAnswer(req.method === 'GET' ? '{"data":[]}' : ANSWER, res)
  })
})

function sendAnswer(body: string, res: ServerResponse): void {
  res.writeHead(200, { 'content-type': 'application/json' }).end(body)
}

const folder = mkdtempSync(path.join(tmpdir(), 'own-quota-'))
let time = START
let running: Running
let demo: Demo
let origin: string

before(async () => {
  await new Promise<void>((resolve) => engine.listen(0, '127.0.0.1', () => resolve()))
  const config = readConfig({
    TOKENPLAN_DATA: folder,
    PORT: '0',
    TOKENPLAN_UPSTREAM: `http://127.0.0.1:${(engine.address() as AddressInfo).port}`,
    TOKENPLAN_UPSTREAM_KIND: 'minimax',
  })
  running = await openServer(config, {
    clockFrom: (offset) => clockOver(() => time, offset),
    log: () => undefined,
  })
  demo = JSON.parse(readFileSync(running.demo.file, 'utf8')) as Demo
  origin = `http://127.0.0.1:${running.port}`
})

after(async () => {
  await running.close()
  engine.closeAllConnections()
  engine.close()
  rmSync(folder, { recursive: true })
})

function ask(headers: Record<string, string>, query = ''): Promise<Response> {
  return fetch(`${origin}/api/own-quota${query}`, { headers })
}

async function quotaOf(key: string): Promise<OwnQuota> {
  const answer = await ask({ authorization: `Bearer ${key}` })
  assert.equal(answer.status, 200)
  return (await answer.json()) as OwnQuota
}

async function call(key: string): Promise<number> {
  const answer = await fetch(`${origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'MiniMax-M2.7', messages: [{ role: 'user', content: 'hello' }] }),
  })
  await answer.text()
  return answer.status
}

function windowOf(quota: OwnQuota, id: string) {
  const window = quota.resources.find((resource) => resource.id === id)?.windows[0]
  assert.ok(window)
  return window
}

test('401: without a key, with a wrong one, with somebody else’s', async () => {
  const wrong = `${demo.tokenPlanKey.slice(0, -1)}${demo.tokenPlanKey.endsWith('0') ? '1' : '0'}`
  const refused: [Record<string, string>, string][] = [
    [{}, 'key_missing'],
    [{ authorization: `Bearer ${wrong}` }, 'key_unknown'],
    [{ 'x-api-key': 'sk-ant-something' }, 'key_unknown'],
    [{ authorization: `Bearer ${demo.operatorToken}` }, 'key_unknown'],
  ]
  for (const [headers, code] of refused) {
    const answer = await ask(headers, `?key=${demo.tokenPlanKey}`)
    assert.equal(answer.status, 401)
    const text = await answer.text()
    assert.equal((JSON.parse(text) as { error: { code: string } }).error.code, code)
    for (const header of Object.values(headers)) assert.ok(!text.includes(header))
  }
})

const RESOURCES = [
  ['text', 'request'],
  ['speech-hd', 'character'],
  ['image-01', 'image'],
  ['hailuo-2.3-fast-768p-6s', 'video'],
  ['hailuo-2.3-768p-6s', 'video'],
  ['music-2.6', 'song'],
  ['music-cover', 'song'],
  ['lyrics', 'request'],
  ['search', 'request'],
  ['vision', 'request'],
] as const

test('200: a Token Plan Key sees its plan and the credits, never the wallet or a secret', async () => {
  const answer = await ask({ authorization: `Bearer ${demo.tokenPlanKey}` })
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  const text = await answer.text()
  for (const secret of [demo.tokenPlanKey, demo.apiKey, demo.operatorToken, demo.password]) {
    assert.ok(!text.includes(secret))
  }
  const quota = JSON.parse(text) as OwnQuota
  assert.equal(quota.kind, 'plan')
  assert.deepEqual(quota.team, { id: demo.teamId, name: 'Demo' })
  assert.deepEqual(quota.plan, { name: 'Max', endsAt: null })
  assert.equal(quota.now, START)
  assert.equal(quota.wallet, null)
  assert.deepEqual(quota.credits, {
    takesPart: true,
    balanceNanos: 50_000_000_000,
    heldNanos: 0,
    spendableNanos: 50_000_000_000,
    cap: null,
    lots: [{ kind: 'granted', balanceNanos: 50_000_000_000, expiresAt: START + 365 * 24 * HOUR_MS }],
  })
  assert.equal(quota.resources.length, 10)
  assert.deepEqual(
    quota.resources.filter(({ served }) => served).map(({ id, unit, inPlan }) => ({ id, unit, inPlan })),
    RESOURCES.map(([id, unit]) => ({ id, unit, inPlan: true })),
  )
})

test('200: x-api-key does too, and a query changes nothing', async () => {
  const answer = await ask({ 'x-api-key': demo.tokenPlanKey }, '?team=1&beta=true')
  assert.equal(answer.status, 200)
  assert.equal(((await answer.json()) as OwnQuota).plan?.name, 'Max')
})

test('200: what is used, what is left and when it comes back, to the millisecond', async () => {
  for (const at of [START + 1, START + HOUR_MS, START + HOUR_MS]) {
    time = at
    assert.equal(await call(demo.tokenPlanKey), 200)
  }
  const quota = await quotaOf(demo.tokenPlanKey)
  assert.deepEqual(windowOf(quota, 'text'), {
    name: '5-hour',
    used: 3,
    held: 0,
    limit: 15_000,
    granted: 0,
    left: 14_997,
    startsAt: START + 1,
    endsAt: START + 1 + FIVE_HOURS_MS,
    nextFreeAt: quota.now,
    usefulAt: quota.now,
    fullAt: START + HOUR_MS + FIVE_HOURS_MS,
    returns: [
      { at: START + 1 + FIVE_HOURS_MS, units: 1 },
      { at: START + HOUR_MS + FIVE_HOURS_MS, units: 3 },
    ],
  })
  const images = windowOf(quota, 'image-01')
  assert.equal(images.name, 'daily')
  assert.deepEqual([images.used, images.limit, images.endsAt], [0, 120, Date.UTC(2026, 4, 21)])
  assert.deepEqual(images.returns, [])
})

test('200: a running request is told as held, and counted', async () => {
  const arrived = new Promise<readonly ServerResponse[]>((resolve) => {
    waiting = resolve
  })
  const calling = call(demo.tokenPlanKey)
  const [answer] = await arrived
  waiting = null
  const during = windowOf(await quotaOf(demo.tokenPlanKey), 'text')
  assert.deepEqual([during.used, during.held, during.left], [4, 1, 14_996])
  assert.ok(answer)
  sendAnswer(ANSWER, answer)
  assert.equal(await calling, 200)
  const afterwards = windowOf(await quotaOf(demo.tokenPlanKey), 'text')
  assert.deepEqual([afterwards.used, afterwards.held, afterwards.left], [4, 0, 14_996])
})

test('200: five hours later everything is back', async () => {
  time = START + HOUR_MS + FIVE_HOURS_MS
  const window = windowOf(await quotaOf(demo.tokenPlanKey), 'text')
  assert.deepEqual([window.used, window.left, window.fullAt], [0, 15_000, time])
  assert.deepEqual(window.returns, [])
})

test('200: an API key sees the wallet it spends, never the plan or the credits', async () => {
  assert.equal(await call(demo.apiKey), 200)
  const quota = await quotaOf(demo.apiKey)
  assert.equal(quota.kind, 'api')
  assert.equal(quota.plan, null)
  assert.equal(quota.credits, null)
  assert.deepEqual(quota.resources, [])
  // 10 tokens in at 300 nanos, 20 out at 1,200.
  assert.deepEqual(quota.wallet, { balanceNanos: 10_000_000_000 - 27_000, heldNanos: 0 })
  assert.equal(windowOf(await quotaOf(demo.tokenPlanKey), 'text').used, 0)
})

test('200: credits are silent for a member without access, and told as idle where overflow is off', async () => {
  const [secret] = await running.store.read(`select team, member from secret where kind = 'plan'`)
  const access = (creditsAccess: boolean, overflow: boolean) =>
    running.book.command(
      [
        {
          kind: 'access',
          at: time,
          team: Number(secret?.team),
          member: Number(secret?.member),
          creditsAccess,
          overflow,
          capNanos: null,
        },
      ],
      [],
    )
  await access(true, false)
  const { credits } = await quotaOf(demo.tokenPlanKey)
  assert.deepEqual([credits?.takesPart, credits?.spendableNanos], [false, 0])
  await access(false, true)
  assert.equal((await quotaOf(demo.tokenPlanKey)).credits, null)
})

test('200: caps with what is spent of them, and the wallet where it steps in', async () => {
  const [secret] = await running.store.read(`select id, team, member from secret where kind = 'plan'`)
  const [team, member] = [Number(secret?.team), Number(secret?.member)]
  const before = await quotaOf(demo.tokenPlanKey)
  assert.deepEqual([before.walletOverflow, before.keyCap], [null, null])
  await running.book.command(
    [
      {
        ...{ kind: 'access', at: time, team, member, creditsAccess: true, overflow: true },
        capNanos: 5_000_000,
      } as const,
      { kind: 'switch', at: time, team, on: true, capNanos: 2_000_000_000 },
      { kind: 'key-cap', at: time, team, secret: Number(secret?.id), capNanos: 3_000_000_000 },
    ],
    [],
  )
  const quota = await quotaOf(demo.tokenPlanKey)
  const resetsAt = Date.UTC(2026, 5, 1)
  assert.deepEqual(quota.credits?.cap, { limitNanos: 5_000_000, spentNanos: 0, resetsAt })
  assert.deepEqual(quota.keyCap, { limitNanos: 3_000_000_000, spentNanos: 0, resetsAt })
  // The lowest of the caps is what can be spent.
  assert.equal(quota.credits?.spendableNanos, 5_000_000)
  assert.deepEqual(quota.walletOverflow, {
    spendableNanos: 5_000_000,
    cap: { limitNanos: 2_000_000_000, spentNanos: 0, resetsAt },
  })
  const api = await quotaOf(demo.apiKey)
  assert.deepEqual([api.walletOverflow, api.keyCap], [null, null])
})
