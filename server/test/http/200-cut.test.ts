import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { type Dialect, dialects } from '../../src/modalities/dialect.ts'
import type { Behaviour } from '../fake-upstream.ts'
import { booksAreRight, lastRecord, openWorld, soon, type Truth, truthOf } from '../harness.ts'
import { asking, EVENT_STREAM, PATHS, SAID, streamedAnswer, USAGE, wholeAnswer } from '../samples.ts'
import type { Team } from '../teams.ts'
import { assertNoInternals } from './refused.ts'

/** Answers that end badly after they have begun: what the client reads, and that the unit comes back (design §4.10). */
const world = await openWorld({ timeouts: { idleMs: 60 } })
after(() => world.close())
beforeEach(() => world.upstream.forget())

const RICH = 5_000_000_000
/** What MiniMax-M2.7 costs at the most where the engine did not report: nothing for the input of a cut answer. */
const OUTPUT_NANOS = 1200

async function payers(): Promise<readonly { team: Team; key: string; byPlan: boolean }[]> {
  const [planned, walleted] = [
    await world.team({ credits: RICH }),
    await world.team({ plan: null, wallet: RICH }),
  ]
  return [
    { team: planned, key: planned.planKey, byPlan: true },
    { team: walleted, key: walleted.apiKey, byPlan: false },
  ]
}

/** The last event, parsed; events are ended by an empty line. */
function lastEvent(text: string): { name: string | undefined; data: Record<string, unknown> } {
  assert.ok(text.endsWith('\n\n'), 'the stream ends with a whole event')
  const lines = text.slice(0, -2).split('\n\n').at(-1)?.split('\n') ?? []
  const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2)
  return { name: field('event'), data: JSON.parse(field('data') ?? 'null') as Record<string, unknown> }
}

function assertErrorEvent(text: string, dialect: Dialect, code: number): void {
  const { name, data } = lastEvent(text)
  const error = data.error as { message?: string; type?: string } | undefined
  switch (dialect) {
    case 'anthropic':
      assert.deepEqual([name, data.type], ['error', 'error'])
      assert.ok(error?.message?.endsWith(`(${code})`), text)
      break
    case 'openai-responses':
      assert.deepEqual([name, data.type], ['error', 'error'])
      assert.ok(String(data.message).endsWith(`(${code})`), text)
      break
    case 'openai-chat':
      assert.ok(error?.message?.endsWith(`(${code})`), text)
      break
    case 'native':
      assert.equal((data.base_resp as { status_code: number }).status_code, code)
  }
  assert.match(String(data.request_id), /^[0-9a-f]{32}$/)
  assertNoInternals(text.slice(text.lastIndexOf('\n\n', text.length - 3)))
}

/** The plan's unit comes back; money pays what was delivered and nothing for the input. */
async function assertGivenBack(team: Team, before: Truth, byPlan: boolean): Promise<void> {
  const record = await lastRecord(world, team)
  assert.equal(record.units, 0)
  const owed = byPlan ? 0 : Math.ceil(Buffer.byteLength(SAID) / 4) * OUTPUT_NANOS
  assert.ok(
    (record.nanos ?? -1) >= 0 && (record.nanos ?? 0) <= owed,
    `${record.nanos} nanos, at most ${owed}`,
  )
  const now = await truthOf(world, team)
  assert.deepEqual(now, { ...before, walletNanos: before.walletNanos - (record.nanos ?? 0) })
  await booksAreRight(world)
}

type Cut = readonly [string, (pieces: readonly string[]) => Behaviour, number]
const cuts: readonly Cut[] = [
  ['reset', (body) => ({ headers: EVENT_STREAM, body, ending: 'reset' }), 1000],
  ['ended too early', (body) => ({ headers: EVENT_STREAM, body }), 1000],
]
for (const dialect of dialects) {
  for (const [name, behaviour, code] of cuts) {
    test(`a stream, ${name} after each of its events: ${dialect}`, async () => {
      const events = streamedAnswer(dialect)
      const last = events.findIndex((event) =>
        /message_stop|response\.completed|finish_reason":"/.test(event),
      )
      // From the event on that says the answer is done, an early end is no loss.
      for (let count = 1; count <= last; count++) {
        for (const { team, key, byPlan } of await payers()) {
          const before = await truthOf(world, team)
          world.upstream.next(behaviour(events.slice(0, count)))
          const answer = await world.call(PATHS[dialect], { key, body: asking(dialect, { stream: true }) })
          assert.deepEqual([answer.status, answer.whole], [200, true])
          const delivered = events.slice(0, count).join('')
          assert.ok(answer.text.startsWith(delivered), answer.text)
          assertErrorEvent(answer.text, dialect, code)
          assert.ok(!answer.text.includes('[DONE]'))
          assert.equal(world.upstream.received.length, 1, 'an answer that has begun is not asked for again')
          world.upstream.forget()
          if (usageWasReported(delivered, dialect)) continue
          await assertGivenBack(team, before, byPlan)
        }
      }
    })
  }

  test(`a stream cut in the middle of an event: ${dialect}`, async () => {
    for (const { team, key, byPlan } of await payers()) {
      const before = await truthOf(world, team)
      const [first = ''] = streamedAnswer(dialect)
      world.upstream.next({ headers: EVENT_STREAM, body: [first, 'data: {"type":"con'], ending: 'reset' })
      const answer = await world.call(PATHS[dialect], { key, body: asking(dialect, { stream: true }) })
      assert.ok(answer.text.startsWith(first))
      // Either it is broken off where the engine broke off, or the error is an event of its own.
      if (answer.whole) assertErrorEvent(answer.text, dialect, 1000)
      await assertGivenBack(team, before, byPlan)
    }
  })

  test(`JSON cut in the middle, with its length said and without: ${dialect}`, async () => {
    const text = wholeAnswer(dialect)
    const said = { 'content-length': String(text.length) }
    for (const [headers, ending] of [
      [said, 'reset'],
      [{}, 'reset'],
      [{}, 'end'],
    ] as const) {
      for (const { team, key } of await payers()) {
        const before = await truthOf(world, team)
        world.upstream.next({ headers, body: [text.slice(0, 40), text.slice(40, 90)], ending })
        const answer = await world.call(PATHS[dialect], { key, body: asking(dialect) }).catch(() => undefined)
        // Broken off, or refused before anything was said: never a part that looks like a whole.
        assert.ok(!answer?.whole || answer.status === 502 || dialect === 'native', answer?.text)
        if (answer?.whole) assert.doesNotThrow(() => JSON.parse(answer.text))
        world.upstream.forget()
        const { units } = await lastRecord(world, team)
        assert.equal(units, 0)
        assert.equal((await truthOf(world, team)).usedUnits, before.usedUnits)
        await booksAreRight(world)
      }
    }
  })

  test(`an error event of the engine passes once, uncharged to the plan: ${dialect}`, async () => {
    const [first = ''] = streamedAnswer(dialect)
    const error = {
      type: 'error',
      code: 'x',
      message: 'too long',
      error: { type: 'x', message: 'too long (1000)' },
    }
    const said = dialect === 'native' ? { base_resp: { status_code: 1000, status_msg: 'too long' } } : error
    const event = `event: error\ndata: ${JSON.stringify(said)}\n\n`
    for (const { team, key, byPlan } of await payers()) {
      const before = await truthOf(world, team)
      world.upstream.next({ headers: EVENT_STREAM, body: [first, event] })
      const answer = await world.call(PATHS[dialect], { key, body: asking(dialect, { stream: true }) })
      assert.deepEqual([answer.text, answer.whole], [first + event, true])
      await assertGivenBack(team, before, byPlan)
    }
  })

  test(`a broken event in a stream passes as it is, and the answer counts: ${dialect}`, async () => {
    const events = streamedAnswer(dialect)
    const odd = [
      'data: {"type":"broken","delta":{"te\n\n',
      ': a comment\n\n',
      'data:\n\n',
      'data: null\n\n',
      'data: [1]\n\n',
      '\n\n',
    ]
    const body = [events[0] ?? '', ...odd, ...events.slice(1)]
    for (const { team, key, byPlan } of await payers()) {
      world.upstream.next({ headers: EVENT_STREAM, body })
      const answer = await world.call(PATHS[dialect], { key, body: asking(dialect, { stream: true }) })
      assert.deepEqual([answer.text, answer.whole], [body.join(''), true])
      const { units, nanos, estimated } = await lastRecord(world, team)
      assert.deepEqual(
        [units, nanos, estimated],
        [Number(byPlan), byPlan ? 0 : USAGE.input * 300 + USAGE.output * 1200, 0],
      )
    }
  })

  test(`a stream in pieces of one byte is the same stream: ${dialect}`, async () => {
    const text = streamedAnswer(dialect).join('')
    const pieces = Array.from(Buffer.from(text), (byte) => Buffer.of(byte))
    for (const { team, key, byPlan } of await payers()) {
      world.upstream.next({ headers: EVENT_STREAM, body: pieces })
      const answer = await world.call(PATHS[dialect], { key, body: asking(dialect, { stream: true }) })
      assert.equal(answer.text, text)
      const { units, input_tokens, output_tokens, estimated } = await lastRecord(world, team)
      assert.deepEqual(
        [units, input_tokens, output_tokens, estimated],
        [Number(byPlan), USAGE.input, USAGE.output, 0],
      )
    }
  })
}

test('a stream that falls silent is ended with an event, and the unit comes back', async () => {
  const [first = ''] = streamedAnswer('anthropic')
  const { team, key, byPlan } = (await payers())[0] ?? assert.fail()
  const before = await truthOf(world, team)
  world.upstream.next({ headers: EVENT_STREAM, body: [first], ending: 'hang' })
  const answer = await world.call(PATHS.anthropic, { key, body: asking('anthropic', { stream: true }) })
  assert.ok(answer.text.startsWith(first))
  assertErrorEvent(answer.text, 'anthropic', 1000)
  await soon(world.upstream.last().closed, 'the engine sees the connection go')
  await assertGivenBack(team, before, byPlan)
})

test('a client that reads slowly gets every byte, and the engine waits for it', async () => {
  const team = await world.team()
  const filler = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'x'.repeat(60_000) } }] })}\n\n`
  const events = [...new Array<string>(200).fill(filler), ...streamedAnswer('openai-chat')]
  world.upstream.next({ headers: EVENT_STREAM, body: events })
  const call = await world.open(PATHS['openai-chat'], {
    key: team.planKey,
    body: asking('openai-chat', { stream: true }),
  })
  call.res.pause()
  for (let turns = 0; turns < 500; turns++) await new Promise((resolve) => setImmediate(resolve))
  call.res.resume()
  const answer = await call.read()
  assert.equal(answer.text.length, events.join('').length)
  assert.ok(answer.whole)
  assert.equal((await truthOf(world, team)).usedUnits, 1)
})

/** A cut after the engine's own report is paid by that report. */
function usageWasReported(delivered: string, dialect: Dialect): boolean {
  return dialect === 'anthropic' && delivered.includes('message_delta')
}
