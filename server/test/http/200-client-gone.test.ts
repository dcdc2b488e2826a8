import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { dialects } from '../../src/modalities/dialect.ts'
import { wireTo } from '../calling.ts'
import type { Received } from '../fake-upstream.ts'
import {
  booksAreRight,
  caughtUp,
  lastRecord,
  openWorld,
  soon,
  truthOf,
  until,
  type World,
} from '../harness.ts'
import { asking, EVENT_STREAM, PATHS, streamedAnswer, USAGE, wholeAnswer } from '../samples.ts'
import type { Team } from '../teams.ts'

/** Callers who hang up: 0 units before the first byte of output, 1 after it, and never a hold that stays open. */
const world = await openWorld()
const draining = await openWorld({ upstream: { onClientGone: 'drain' } })
after(() => world.close())
after(() => draining.close())
beforeEach(() => {
  world.upstream.forget()
  draining.upstream.forget()
})

const RICH = 5_000_000_000_000

/** Short answers whose last bytes say what they cost. */
const SHORT_STREAM = Buffer.from(
  'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n' +
    'data: {"choices":[{"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3}}\n\ndata: [DONE]\n\n',
)
const SHORT_JSON = Buffer.from(
  '{"choices":[{"message":{"content":"Hi"}}],"usage":{"prompt_tokens":9,"completion_tokens":3}}',
)
const REPORTED_NANOS = 9 * 300 + 3 * 1200

const FIRST_EVENT_BYTES = SHORT_STREAM.indexOf('\n\n') + 2

/** So much of a stream has reached its caller: where money pays, whole events alone. */
const passed = (pool: 'plan' | 'wallet', bytes: number) =>
  pool === 'plan' ? bytes : SHORT_STREAM.subarray(0, bytes).lastIndexOf('\n\n') + 2

/** Sends so much, then nothing more until the gateway hangs up. */
const upTo = (bytes: Buffer) =>
  async function* (received: Received) {
    yield bytes
    await received.closed
  }

for (const pool of ['plan', 'wallet'] as const) {
  const units = Number(pool === 'plan')

  test(`leaving after every byte of a stream that ${pool} pays: one unit, and money for what came`, async () => {
    const team = await world.team({ plan: 'big', wallet: RICH })
    const key = pool === 'plan' ? team.planKey : team.apiKey
    const body = Buffer.from(JSON.stringify(asking('openai-chat', { stream: true })))
    const first = pool === 'plan' ? 1 : FIRST_EVENT_BYTES
    for (let bytes = first; bytes <= SHORT_STREAM.length; bytes++) {
      const before = await truthOf(world, team)
      world.upstream.next({ headers: EVENT_STREAM, body: upTo(SHORT_STREAM.subarray(0, bytes)) })
      const call = await world.open(PATHS['openai-chat'], { key, body })
      await call.reach(passed(pool, bytes))
      call.leave()
      await soon(world.upstream.last().closed, 'the engine sees the connection go')
      assert.ok(world.upstream.last().aborted, 'the engine is told to stop')
      await until(() => world.running.book.openHolds() === 0, `the hold ends after ${bytes} bytes`)
      const now = await truthOf(world, team)
      const paid = before.walletNanos - now.walletNanos
      assert.deepEqual(now, { ...before, usedUnits: before.usedUnits + units, walletNanos: now.walletNanos })
      const most = pool === 'plan' ? 0 : Math.ceil((body.length + 50) / 4) * 300 + bytes * 1200
      assert.ok(paid >= 0 && paid <= most, `${bytes} bytes, ${paid} nanos`)
    }
    await booksAreRight(world)
  })

  test(`leaving in the middle of long JSON that ${pool} pays: one unit, and money for what came`, async () => {
    const team = await world.team({ plan: 'big', wallet: RICH })
    const key = pool === 'plan' ? team.planKey : team.apiKey
    const answer = Buffer.from(`{"choices":[{"message":{"content":"${'x'.repeat(200_000)}"}}],`)
    for (const bytes of [1, 2, 1000, 65_000, 150_000]) {
      const before = await truthOf(world, team)
      const headers = { 'content-length': String(answer.length + 1000) }
      world.upstream.next({ headers, body: upTo(answer) })
      const call = await world.open(PATHS['openai-chat'], { key, body: asking('openai-chat') })
      await call.reach(bytes)
      call.leave()
      await soon(world.upstream.last().closed, 'the engine sees the connection go')
      assert.ok(world.upstream.last().aborted, 'the engine is told to stop')
      await until(() => world.running.book.openHolds() === 0, `the hold ends after ${bytes} bytes`)
      const now = await truthOf(world, team)
      assert.deepEqual(now, { ...before, usedUnits: before.usedUnits + units, walletNanos: now.walletNanos })
      const paid = before.walletNanos - now.walletNanos
      assert.ok(
        pool === 'plan' ? paid === 0 : paid >= 0 && paid <= 1e6 + answer.length * 300,
        `${paid} nanos`,
      )
    }
    await booksAreRight(world)
  })

  test(`leaving while short JSON is on its way and nothing was said yet, ${pool}: nothing`, async () => {
    const team = await world.team({ plan: 'big', wallet: RICH })
    const before = await truthOf(world, team)
    for (let bytes = 0; bytes < SHORT_JSON.length; bytes += 7) {
      world.upstream.forget()
      let sent = false
      world.upstream.next({
        headers: { 'content-length': String(SHORT_JSON.length) },
        body: async function* (received) {
          yield SHORT_JSON.subarray(0, bytes)
          sent = true
          await received.closed
        },
      })
      const wire = wireTo(world.url)
      wire.write(requestText('openai-chat', pool === 'plan' ? team.planKey : team.apiKey))
      await until(() => sent, 'the engine has begun')
      wire.leave()
      await soon(world.upstream.last().closed, 'the engine sees the connection go')
      await until(() => world.running.book.openHolds() === 0, `the hold ends after ${bytes} bytes`)
    }
    assert.deepEqual(await truthOf(world, team), before)
    await booksAreRight(world)
  })
}

for (const dialect of dialects) {
  test(`leaving before the first byte: nothing is charged, the engine is told: ${dialect}`, async () => {
    const team = await world.team({ credits: RICH, wallet: RICH })
    const before = await truthOf(world, team)
    for (const key of [team.planKey, team.apiKey]) {
      // Silence, a head alone, and a head with an error that is not whole.
      for (const behaviour of [
        { instead: 'hang' },
        { body: [], ending: 'hang' },
        { status: 400, body: ['{"er'], ending: 'hang' },
      ] as const) {
        world.upstream.forget()
        world.upstream.next(behaviour)
        const wire = wireTo(world.url)
        wire.write(requestText(dialect, key))
        await until(() => world.upstream.received.length === 1, 'the engine is asked')
        await until(() => world.running.book.openHolds() === 1, 'the request is running')
        wire.leave()
        await soon(world.upstream.last().closed, 'the engine sees the connection go')
        assert.ok(world.upstream.last().aborted)
        await until(() => world.running.book.openHolds() === 0, 'the hold is ended')
        const { units, nanos } = await lastRecord(world, team)
        assert.deepEqual([units, nanos], [0, 0])
      }
    }
    assert.deepEqual(await truthOf(world, team), before)
    await booksAreRight(world)
  })

  test(`leaving in the middle of one’s own request: ${dialect}`, async () => {
    const team = await world.team({ wallet: RICH })
    const before = await truthOf(world, team)
    const text = requestText(dialect, team.planKey)
    for (let bytes = 1; bytes < text.length; bytes += 17) {
      const wire = wireTo(world.url)
      wire.write(text.slice(0, bytes))
      wire.leave()
      await wire.closed
    }
    await stillServes(world, team)
    assert.deepEqual(await truthOf(world, team), { ...before, usedUnits: before.usedUnits + 1 })
    assert.equal(world.upstream.received.length, 1)
    await booksAreRight(world)
  })
}

function requestText(dialect: (typeof dialects)[number], key: string): string {
  const body = JSON.stringify(asking(dialect, { stream: true, input: 'hi', messages: [] }))
  const head = [
    `POST ${PATHS[dialect]} HTTP/1.1`,
    'host: x',
    `authorization: Bearer ${key}`,
    `content-length: ${body.length}`,
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

async function stillServes(where: World, team: Team): Promise<void> {
  const answer = await where.call(PATHS.native, { key: team.planKey, body: asking('native') })
  assert.equal(answer.headers['tokenplan-pool'], 'plan', answer.text)
}

test('leaving as soon as the request is out, a hundred times at once: no hold stays, no unit is lost', async () => {
  const team = await world.team({ wallet: RICH })
  const before = await truthOf(world, team)
  world.upstream.next(...Array.from({ length: 200 }, () => ({ instead: 'hang' as const })))
  for (let round = 0; round < 100; round++) {
    const wire = wireTo(world.url)
    wire.write(requestText(dialects[round % 4] ?? 'native', round % 2 === 0 ? team.planKey : team.apiKey))
    // Some leave at once, some while the books are written, some when the engine is asked.
    for (let turns = 0; turns < round % 8; turns++) await new Promise((resolve) => setImmediate(resolve))
    wire.leave()
    await wire.closed
  }
  await until(() => world.running.book.openHolds() === 0, 'no hold stays')
  world.upstream.forget()
  await stillServes(world, team)
  assert.deepEqual(await truthOf(world, team), { ...before, usedUnits: before.usedUnits + 1 })
  await booksAreRight(world)
})

test('leaving while an answer comes at full speed, at any moment: each unit is whole or not there', async () => {
  const team = await world.team({ wallet: RICH })
  for (let round = 0; round < 60; round++) {
    const dialect = dialects[round % 4] ?? 'native'
    const key = round % 8 < 4 ? team.planKey : team.apiKey
    const call = await world.open(PATHS[dialect], { key, body: asking(dialect, { stream: round % 3 > 0 }) })
    await call.reach(round % 5)
    call.leave()
  }
  await until(() => world.running.book.openHolds() === 0, 'no hold stays')
  const { heldUnits, heldNanos, usedUnits } = await truthOf(world, team)
  assert.deepEqual([heldUnits, heldNanos], [0, 0])
  assert.ok(usedUnits <= 32, `${usedUnits} of 32 calls that the plan pays`)
  await booksAreRight(world)
})

for (const pool of ['plan', 'wallet'] as const) {
  test(`drain: the engine is heard out, and ${pool} pays what it reports`, async () => {
    const team = await draining.team({ wallet: RICH })
    const key = pool === 'plan' ? team.planKey : team.apiKey
    let letGo: () => void = () => undefined
    const gone = new Promise<void>((resolve) => {
      letGo = resolve
    })
    draining.upstream.next({
      headers: EVENT_STREAM,
      body: async function* () {
        yield SHORT_STREAM.subarray(0, FIRST_EVENT_BYTES + 3)
        await gone
        yield SHORT_STREAM.subarray(FIRST_EVENT_BYTES + 3)
      },
    })
    const call = await draining.open(PATHS['openai-chat'], {
      key,
      body: asking('openai-chat', { stream: true }),
    })
    await call.reach(FIRST_EVENT_BYTES)
    call.leave()
    await caughtUp(draining)
    letGo()
    await soon(draining.upstream.last().closed, 'the engine sees the connection go')
    assert.equal(draining.upstream.last().aborted, false, 'nobody hung up on the engine')
    await until(() => draining.running.book.openHolds() === 0, 'the hold ends')
    const { units, nanos, estimated, input_tokens, output_tokens } = await lastRecord(draining, team)
    assert.deepEqual([units, nanos], pool === 'plan' ? [1, 0] : [0, REPORTED_NANOS])
    assert.deepEqual([estimated, input_tokens, output_tokens], [0, 9, 3])
    await booksAreRight(draining)
  })
}

test('drain: an engine that breaks off afterwards still leaves one unit', async () => {
  const team = await draining.team({ wallet: RICH })
  let letGo: () => void = () => undefined
  const gone = new Promise<void>((resolve) => {
    letGo = resolve
  })
  draining.upstream.next({
    headers: EVENT_STREAM,
    body: async function* () {
      yield SHORT_STREAM.subarray(0, 30)
      await gone
    },
    ending: 'reset',
  })
  const call = await draining.open(PATHS['openai-chat'], {
    key: team.planKey,
    body: asking('openai-chat', { stream: true }),
  })
  await call.reach(30)
  call.leave()
  await caughtUp(draining)
  letGo()
  await until(() => draining.running.book.openHolds() === 0, 'the hold ends')
  assert.equal((await lastRecord(draining, team)).units, 1)
  await booksAreRight(draining)
})

test('drain: who leaves before the first byte is not waited for', async () => {
  const team = await draining.team({ wallet: RICH })
  const before = await truthOf(draining, team)
  draining.upstream.next({ instead: 'hang' })
  const wire = wireTo(draining.url)
  wire.write(requestText('anthropic', team.planKey))
  await until(() => draining.upstream.received.length === 1, 'the engine is asked')
  wire.leave()
  await soon(draining.upstream.last().closed, 'the engine sees the connection go')
  await until(() => draining.running.book.openHolds() === 0, 'the hold ends')
  assert.deepEqual(await truthOf(draining, team), before)
})

test('a caller who leaves after the whole answer has paid for a whole answer', async () => {
  for (const dialect of dialects) {
    const team = await world.team({ wallet: RICH })
    const call = await world.open(PATHS[dialect], { key: team.apiKey, body: asking(dialect) })
    await call.reach(wholeAnswer(dialect).length)
    call.leave()
    const stream = await world.open(PATHS[dialect], {
      key: team.apiKey,
      body: asking(dialect, { stream: true }),
    })
    await stream.reach(streamedAnswer(dialect).join('').length)
    stream.leave()
    await until(() => world.running.book.openHolds() === 0, 'no hold stays')
    assert.equal(
      (await truthOf(world, team)).walletNanos,
      RICH - 2 * (USAGE.input * 300 + USAGE.output * 1200),
    )
  }
  await booksAreRight(world)
})

test('nobody’s leaving is an error of the server: the log is empty', () => {
  assert.deepEqual([...world.logs, ...draining.logs], [])
})
