import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { endings } from '../../src/book/op.ts'
import { type Dialect, dialects } from '../../src/modalities/dialect.ts'
import type { Received } from '../fake-upstream.ts'
import { booksAreRight, lastRecord, openWorld, soon, truthOf, until } from '../harness.ts'
import { asking, EVENT_STREAM, PATHS } from '../samples.ts'
import { speak } from '../streams.ts'
import type { Team } from '../teams.ts'

/** Money of streams is held slice by slice (design §4.9): never too little for what is passed on, never more than a slice too much. */
const world = await openWorld()
const draining = await openWorld({ upstream: { onClientGone: 'drain' } })
after(() => world.close())
after(() => draining.close())
beforeEach(() => {
  world.upstream.forget()
  draining.upstream.forget()
})

/** MiniMax-M2.7: a token per byte of the body is held at the price of writing a cache. */
const PRICE = { input: 300, output: 1200, held: 375 }
const RICH = 5_000_000_000
const SLICE = 1024
/** 256 tokens as they are counted while they pass. */
const QUARTER = 'x'.repeat(768)

type Pool = 'credits' | 'wallet'

function bodyOf(
  dialect: Dialect,
  more: object = {},
): { body: Buffer; inputNanos: number; countedNanos: number } {
  const body = Buffer.from(JSON.stringify(asking(dialect, { stream: true, ...more })))
  const countedNanos = Math.ceil(body.length / 4) * PRICE.input
  return { body, inputNanos: body.length * PRICE.held, countedNanos }
}

async function payer(pool: Pool, nanos: number): Promise<{ team: Team; key: string }> {
  const money = pool === 'credits' ? { credits: [1000, nanos - 1000] } : { wallet: nanos }
  const team = await world.team({ plan: null, ...money })
  return { team, key: pool === 'credits' ? team.planKey : team.apiKey }
}

const heldBy = async (team: Team, where = world) => (await truthOf(where, team)).heldNanos

async function reaches(team: Team, nanos: number, where = world): Promise<void> {
  await until(async () => (await heldBy(team, where)) === nanos, `${nanos} nanos are held`)
}

for (const dialect of dialects) {
  for (const pool of ['credits', 'wallet'] as const) {
    test(`what is held grows with the stream, and the end is to the nano: ${dialect}, ${pool}`, async () => {
      const { team, key } = await payer(pool, RICH)
      const limit = dialect === 'openai-responses' ? 'max_output_tokens' : 'max_tokens'
      const { body, inputNanos } = bodyOf(dialect, { [limit]: 100_000 })
      const { begin, say, end } = speak(dialect)
      const usage = { input: 40, output: 2200, cacheRead: 0, cacheWrite: 0 }
      const sent: string[] = []
      const give = (text: string) => {
        sent.push(text)
        return text
      }
      world.upstream.next({
        headers: EVENT_STREAM,
        body: async function* () {
          yield give(begin)
          await reaches(team, inputNanos + SLICE * PRICE.output)
          for (let quarters = 1; quarters <= 12; quarters++) {
            yield give(say(QUARTER))
            // With less than half a slice left the next one is there before it is needed.
            const slices = Math.floor((quarters + 1) / 4) + 1
            await reaches(team, inputNanos + slices * SLICE * PRICE.output)
          }
          yield give(end(usage))
        },
      })
      const answer = await world.call(PATHS[dialect], { key, body })
      assert.equal(answer.text, sent.join(''))
      assert.equal(answer.headers['tokenplan-pool'], pool)
      assert.equal(world.upstream.last().body.toString(), body.toString(), 'the limit stays the caller’s own')
      const record = await lastRecord(world, team)
      const nanos = 40 * PRICE.input + 2200 * PRICE.output
      assert.deepEqual([record.nanos, record.absorbed_nanos, record.estimated], [nanos, 0, 0])
      const { creditNanos, walletNanos, heldNanos } = await truthOf(world, team)
      assert.deepEqual([creditNanos + walletNanos, heldNanos], [RICH - nanos, 0])
      await booksAreRight(world)
    })
  }

  test(`an engine that does not keep to the limit is paid for what it delivers: ${dialect}`, async () => {
    for (const tokens of [1, 100, 1500]) {
      const { team, key } = await payer('wallet', RICH)
      const limit = dialect === 'openai-responses' ? 'max_output_tokens' : 'max_tokens'
      const { body, inputNanos } = bodyOf(dialect, { [limit]: tokens })
      const { begin, say, end } = speak(dialect)
      world.upstream.next({
        headers: EVENT_STREAM,
        body: async function* () {
          yield begin
          await reaches(team, inputNanos + Math.min(tokens, SLICE) * PRICE.output)
          for (let said = 0; said < 100; said++) yield say(QUARTER)
          yield end({ input: 40, output: 20_008, cacheRead: 0, cacheWrite: 0 })
        },
      })
      const answer = await world.call(PATHS[dialect], { key, body })
      assert.ok(answer.whole)
      const record = await lastRecord(world, team)
      const owed = 40 * PRICE.input + 20_008 * PRICE.output
      assert.deepEqual([record.nanos, record.absorbed_nanos], [owed, 0])
      assert.equal((await truthOf(world, team)).walletNanos, RICH - owed)
      await booksAreRight(world)
    }
  })

  test(`a chunk larger than slices waits for all of them: ${dialect}`, async () => {
    const { team, key } = await payer('credits', RICH)
    const { body, inputNanos } = bodyOf(dialect)
    const { begin, say, end } = speak(dialect)
    const large = say(QUARTER.repeat(40))
    world.upstream.next({
      headers: EVENT_STREAM,
      body: async function* () {
        yield begin + large
        await until(async () => (await heldBy(team)) > inputNanos + SLICE * PRICE.output, 'more is held')
        assert.ok((await heldBy(team)) >= inputNanos + 10 * SLICE * PRICE.output)
        yield end(null)
      },
    })
    const answer = await world.call(PATHS[dialect], { key, body })
    assert.ok(answer.text.startsWith(begin + large))
    assert.equal((await lastRecord(world, team)).estimated, 1)
    await booksAreRight(world)
  })

  for (const pool of ['credits', 'wallet'] as const) {
    test(`a stream without money for its next slice is ended: ${dialect}, ${pool}`, async () => {
      const { body, inputNanos, countedNanos } = bodyOf(dialect)
      const money = inputNanos + 2 * SLICE * PRICE.output + 1000
      const { team, key } = await payer(pool, money)
      const { begin, say } = speak(dialect)
      const pieces = [begin, ...Array.from({ length: 12 }, () => say(QUARTER))]
      world.upstream.next({ headers: EVENT_STREAM, body: pieces, ending: 'hang' })
      const answer = await world.call(PATHS[dialect], { key, body })
      assert.ok(answer.whole)
      assert.ok(answer.text.startsWith(pieces.slice(0, 9).join('')), 'all that is paid for is passed on')
      await soon(world.upstream.last().closed, 'the engine is told to stop')
      assert.ok(world.upstream.last().aborted)
      const nanos = countedNanos + Math.ceil((8 * QUARTER.length) / 4) * PRICE.output
      const record = await lastRecord(world, team)
      assert.deepEqual(
        [record.ending, record.nanos, record.absorbed_nanos, record.estimated],
        [endings['money-ended'], nanos, 0, 1],
      )
      const { creditNanos, walletNanos, heldNanos } = await truthOf(world, team)
      assert.deepEqual([creditNanos + walletNanos, heldNanos], [money - nanos, 0])
      assertEnd(answer.text.slice(pieces.slice(0, 9).join('').length), dialect, {
        input: Math.ceil(body.length / 4),
        output: Math.ceil((8 * QUARTER.length) / 4),
      })
      await booksAreRight(world)
    })
  }

  test(`a first event that nobody can pay is refused, uncharged: ${dialect}`, async () => {
    const { body, inputNanos } = bodyOf(dialect)
    const money = inputNanos + 2 * SLICE * PRICE.output
    const { team, key } = await payer('wallet', money)
    const { say } = speak(dialect)
    world.upstream.next({ headers: EVENT_STREAM, body: [say(QUARTER.repeat(20))], ending: 'hang' })
    const answer = await world.call(PATHS[dialect], { key, body })
    assert.equal(answer.status, dialect === 'native' ? 200 : 402)
    assert.match(answer.text, /insufficient balance/)
    assert.deepEqual(await truthOf(world, team), {
      ...(await truthOf(world, team)),
      walletNanos: money,
      heldNanos: 0,
    })
    await booksAreRight(world)
  })

  test(`a key that is revoked in the middle pays no further slice: ${dialect}`, async () => {
    for (const pool of ['credits', 'wallet'] as const) {
      const { team, key } = await payer(pool, RICH)
      const { body } = bodyOf(dialect)
      const { begin, say } = speak(dialect)
      const revoke = `/api/operator/keys/${key}/revoke`
      const sent: string[] = []
      world.upstream.next({
        headers: EVENT_STREAM,
        body: async function* () {
          sent.push(begin + say(QUARTER))
          yield sent[0] ?? ''
          await world.call(revoke, { method: 'POST', key: world.demo.operatorToken })
          for (let quarters = 0; quarters < 20; quarters++) {
            const piece = say(QUARTER)
            sent.push(piece)
            yield piece
          }
        },
      })
      const answer = await world.call(PATHS[dialect], { key, body })
      assert.ok(answer.whole && answer.text.startsWith(sent.slice(0, 4).join('')))
      assert.ok(!answer.text.startsWith(sent.slice(0, 5).join('')), 'no more than the first slice pays for')
      const record = await lastRecord(world, team)
      assert.equal(record.ending, endings['money-ended'])
      assert.ok((record.nanos ?? 0) <= Math.ceil(body.length / 4) * PRICE.input + SLICE * PRICE.output)
      assert.equal((await truthOf(world, team)).heldNanos, 0)
      const next = await world.call(PATHS[dialect], { key, body })
      assert.equal(next.status, dialect === 'native' ? 200 : 401, next.text)
      await booksAreRight(world)
    }
  })

  test(`hanging up, and an engine that breaks off, after some slices: ${dialect}`, async () => {
    for (const ends of ['leave', 'end'] as const) {
      const { team, key } = await payer('wallet', RICH)
      const { body, inputNanos, countedNanos } = bodyOf(dialect)
      const { begin, say } = speak(dialect)
      const pieces = [begin, ...Array.from({ length: 6 }, () => say(QUARTER))]
      world.upstream.next({
        headers: EVENT_STREAM,
        body: pieces,
        ending: ends === 'leave' ? 'hang' : 'end',
      })
      const call = await world.open(PATHS[dialect], { key, body })
      if (ends === 'leave') {
        await call.reach(pieces.join('').length)
        await reaches(team, inputNanos + 2 * SLICE * PRICE.output)
        call.leave()
      } else await call.read()
      await until(() => world.running.book.openHolds() === 0, 'the hold ends')
      const output = Math.ceil((6 * QUARTER.length) / 4) * PRICE.output
      const record = await lastRecord(world, team)
      const expected =
        ends === 'leave'
          ? [endings['client-left-after'], countedNanos + output]
          : [endings['cut-after'], output]
      assert.deepEqual([record.ending, record.nanos], expected)
      assert.deepEqual(await truthOf(world, team), {
        ...(await truthOf(world, team)),
        walletNanos: RICH - (expected[1] ?? 0),
        heldNanos: 0,
      })
      await booksAreRight(world)
    }
  })
}

test('of two limits the engine is sent the smaller, twice', async () => {
  const sent = async (dialect: 'openai-chat' | 'native', limits: string, key: string) => {
    const body = JSON.stringify(asking(dialect, { stream: true })).slice(0, -1)
    world.upstream.next({ headers: EVENT_STREAM, body: [speak(dialect).begin, speak(dialect).end(null)] })
    await world.call(PATHS[dialect], { key, body: Buffer.from(`${body},${limits}}`) })
    return JSON.parse(world.upstream.last().body.toString())
  }
  for (const dialect of ['openai-chat', 'native'] as const) {
    const { key } = await payer('wallet', RICH)
    for (const limits of [
      '"max_tokens":1,"max_completion_tokens":1000000',
      '"max_completion_tokens":1000000,"max_tokens":1',
      '"max_completion_tokens":1,"max_tokens":1e6',
      '"max_tokens":1,"max\\u005fcompletion_tokens":1000000',
    ]) {
      const { max_tokens, max_completion_tokens } = await sent(dialect, limits, key)
      assert.deepEqual([max_tokens, max_completion_tokens], [1, 1], limits)
    }
    const { max_tokens, max_completion_tokens } = await sent(
      dialect,
      '"max_tokens":null,"max_completion_tokens":5',
      key,
    )
    assert.deepEqual([max_tokens, max_completion_tokens], [null, 5])
  }
})

/** The last events say what is charged, in the words of the dialect. */
function assertEnd(text: string, dialect: Dialect, used: { input: number; output: number }): void {
  const lines = text.split('\n').filter((line) => line.startsWith('data: '))
  const last = lines.map((line) => (line === 'data: [DONE]' ? line : JSON.parse(line.slice(6))))
  switch (dialect) {
    case 'anthropic':
      assert.deepEqual(last, [
        { type: 'content_block_stop', index: 0 },
        {
          type: 'message_delta',
          delta: { stop_reason: 'max_tokens', stop_sequence: null },
          usage: { output_tokens: used.output },
        },
        { type: 'message_stop' },
      ])
      return
    case 'openai-chat':
      assert.equal(last.length, 2)
      assert.equal(last[1], 'data: [DONE]')
      assert.deepEqual([last[0].id, last[0].created], ['chat_1', 1_773_818_171])
      assert.deepEqual(last[0].choices, [{ index: 0, delta: {}, finish_reason: 'length' }])
      return
    case 'native':
      assert.equal(last.length, 1)
      assert.deepEqual(last[0].choices, [{ index: 0, delta: {}, finish_reason: 'length' }])
      assert.deepEqual(last[0].base_resp, { status_code: 0, status_msg: '' })
      assert.deepEqual(
        [last[0].usage.prompt_tokens, last[0].usage.completion_tokens],
        [used.input, used.output],
      )
      return
    case 'openai-responses': {
      const { response } = last.at(-1)
      assert.deepEqual(
        [response.status, response.incomplete_details],
        ['incomplete', { reason: 'max_output_tokens' }],
      )
      assert.equal(response.output[0].content[0].text, QUARTER.repeat(8))
      assert.deepEqual([response.usage.input_tokens, response.usage.output_tokens], [used.input, used.output])
      assert.deepEqual(
        last.map(({ sequence_number }) => sequence_number),
        last.map((_, index) => 11 + index),
      )
    }
  }
}

test('an engine that is drained for its report gets no more slices', async () => {
  const { begin, say, end } = speak('anthropic')
  const usage = { input: 40, output: 700, cacheRead: 0, cacheWrite: 0 }
  for (const [quarters, expected] of [
    [2, 40 * PRICE.input + 700 * PRICE.output],
    [9, null],
  ] as const) {
    const team = await draining.team({ plan: null, wallet: RICH })
    const { body, inputNanos, countedNanos } = bodyOf('anthropic')
    let goOn: () => void = () => undefined
    const left = new Promise<void>((resolve) => {
      goOn = resolve
    })
    draining.upstream.next({
      headers: EVENT_STREAM,
      body: async function* (_received: Received) {
        yield begin
        await left
        for (let said = 0; said < quarters; said++) yield say(QUARTER)
        yield end(usage)
      },
    })
    const call = await draining.open(PATHS.anthropic, { key: team.apiKey, body })
    await call.reach(begin.length)
    call.leave()
    await until(() => draining.running.book.openHolds() === 1, 'it runs on')
    goOn()
    await until(() => draining.running.book.openHolds() === 0, 'the hold ends')
    const record = await lastRecord(draining, team)
    assert.equal(record.ending, endings['client-left-after'])
    assert.ok((record.nanos ?? 0) <= inputNanos + SLICE * PRICE.output)
    assert.equal(record.nanos, expected ?? countedNanos + Math.ceil((4 * QUARTER.length) / 4) * PRICE.output)
    await booksAreRight(draining)
  }
})
