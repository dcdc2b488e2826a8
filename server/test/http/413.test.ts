import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, beforeEach, test } from 'node:test'
import { type Dialect, dialects } from '../../src/modalities/dialect.ts'
import { wireTo } from '../calling.ts'
import { booksAreRight, nothingCharged, openWorld, truthOf } from '../harness.ts'
import { asking, PATHS } from '../samples.ts'
import { assertRefused } from './refused.ts'

const world = await openWorld()
after(() => world.close())
beforeEach(() => world.upstream.forget())
const team = await world.team({ plan: 'big', credits: 1e12, wallet: 1e12 })

const MB = 1024 * 1024
const CAP = 32 * MB

/** A right request of exactly so many bytes. */
function bodyOf(dialect: Dialect, bytes: number): Buffer {
  const frame = Buffer.from(JSON.stringify(asking(dialect, { padding: '' })))
  return Buffer.concat([frame.subarray(0, -2), Buffer.alloc(bytes - frame.length, 'x'), frame.subarray(-2)])
}

function inPieces(body: Buffer, bytes: number): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0; at < body.length; at += bytes) pieces.push(body.subarray(at, at + bytes))
  return pieces
}

const tooLarge = {
  status: 413,
  code: 2013,
  says: /the body is too large: up to 32 MB are taken here/,
}

async function stillServes(): Promise<void> {
  const answer = await world.call(PATHS.native, { key: team.planKey, body: asking('native') })
  assert.equal(answer.headers['tokenplan-pool'], 'plan', answer.text)
}

for (const dialect of dialects) {
  test(`40 MB, its length said: ${dialect}`, async () => {
    const before = await truthOf(world, team)
    const answer = await world.call(PATHS[dialect], { key: team.planKey, body: bodyOf(dialect, 40 * MB) })
    assertRefused(answer, dialect, tooLarge)
    assert.equal(world.upstream.received.length, 0)
    await nothingCharged(world, team, before)
    await stillServes()
  })
}

test('40 MB, chunked, nobody knows how long it will be', async () => {
  const before = await truthOf(world, team)
  const body = inPieces(bodyOf('anthropic', 40 * MB), 4 * MB)
  const answer = await world.call(PATHS.anthropic, { key: team.planKey, body })
  assertRefused(answer, 'anthropic', tooLarge)
  assert.equal(world.upstream.received.length, 0)
  await nothingCharged(world, team, before)
  await stillServes()
})

test('one byte above 32 MB, said and chunked', async () => {
  const before = await truthOf(world, team)
  const body = bodyOf('openai-chat', CAP + 1)
  for (const form of [body, inPieces(body, 8 * MB)]) {
    const answer = await world.call(PATHS['openai-chat'], { key: team.apiKey, body: form })
    assertRefused(answer, 'openai-chat', tooLarge)
  }
  await nothingCharged(world, team, before)
})

test('more than is ever read: the answer may be lost, the server is not', async () => {
  const before = await truthOf(world, team)
  const body = inPieces(bodyOf('anthropic', 80 * MB), 8 * MB)
  await world.call(PATHS.anthropic, { key: team.planKey, body }).then(
    (answer) => assertRefused(answer, 'anthropic', tooLarge),
    (error: NodeJS.ErrnoException) => assert.match(String(error.code), /ECONNRESET|EPIPE/),
  )
  await nothingCharged(world, team, before)
  await stillServes()
})

test('a length that is said and never sent is refused at once', async () => {
  const wire = wireTo(world.url)
  const head = [
    `POST ${PATHS.anthropic} HTTP/1.1`,
    'host: x',
    `x-api-key: ${team.planKey}`,
    `content-length: ${500 * MB}`,
  ]
  wire.write(`${head.join('\r\n')}\r\n\r\n`)
  assert.match(await wire.says('request_too_large'), /^HTTP\/1\.1 413 /)
  wire.leave()
  await stillServes()
})

test('count_tokens has the same bound', async () => {
  const body = bodyOf('anthropic', 40 * MB)
  const answer = await world.call('/anthropic/v1/messages/count_tokens', { key: team.planKey, body })
  assertRefused(answer, 'anthropic', tooLarge)
})

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

for (const dialect of dialects) {
  test(`20 MB pass, every byte: ${dialect}`, async () => {
    const before = await truthOf(world, team)
    const body = bodyOf(dialect, 20 * MB)
    const answer = await world.call(PATHS[dialect], { key: team.planKey, body })
    assert.equal(answer.status, 200, answer.text)
    assert.equal(digest(world.upstream.last().body), digest(body))
    assert.deepEqual(await truthOf(world, team), { ...before, usedUnits: before.usedUnits + 1 })
    await booksAreRight(world)
  })
}

test('an engine that answers before it has read the request: uncharged, whatever reaches the caller', async () => {
  const before = await truthOf(world, team)
  const refusal = {
    early: true,
    status: 413,
    body: '{"error":{"message":"too large for me"}}',
    ending: 'reset',
  } as const
  for (const key of [team.planKey, team.apiKey]) {
    world.upstream.forget()
    world.upstream.next(refusal, refusal)
    const answer = await world.call(PATHS.anthropic, { key, body: bodyOf('anthropic', 20 * MB) })
    assert.ok(answer.status === 413 || answer.status === 502, `${answer.status} ${answer.text}`)
    assert.notEqual(answer.headers['tokenplan-units'], '1')
    await nothingCharged(world, team, before)
  }
})

for (const bytes of [1000, 100_000, 3 * MB]) {
  for (const paid of ['plan', 'wallet'] as const) {
    test(`a second attempt says every one of ${bytes} bytes again, ${paid}`, async () => {
      const key = paid === 'plan' ? team.planKey : team.apiKey
      world.upstream.next({ instead: 'reset' })
      const body = bodyOf('openai-chat', bytes)
      const answer = await world.call(PATHS['openai-chat'], { key, body })
      assert.equal(answer.status, 200, answer.text)
      const [first, second] = world.upstream.received
      assert.ok(first && second)
      assert.equal(digest(first.body), digest(second.body))
      assert.equal(
        JSON.parse(second.body.toString()).padding.length,
        JSON.parse(body.toString()).padding.length,
      )
      await booksAreRight(world)
    })
  }
}

test('exactly 32 MB, chunked, with its alias spliced in', async () => {
  const text = bodyOf('anthropic', CAP)
  const asked = Buffer.from('"claude-12345"')
  const sent = Buffer.from('"MiniMax-M2.7"')
  assert.equal(asked.length, sent.length)
  const at = text.indexOf(sent)
  const body = Buffer.concat([text.subarray(0, at), asked, text.subarray(at + sent.length)])
  const answer = await world.call(PATHS.anthropic, { key: team.planKey, body: inPieces(body, 5 * MB + 1) })
  assert.equal(answer.status, 200, answer.text)
  assert.equal(digest(world.upstream.last().body), digest(text))
})

test('431: a path that is too long, in words that fit a GET', async () => {
  const { status, text } = await world.call(`/v1/models/${'x'.repeat(20_000)}`, { key: team.planKey })
  assert.equal(status, 431)
  assert.deepEqual(JSON.parse(text), {
    error: {
      message: 'the path and the headers are longer than 16384 bytes. Shorten them. Nothing was charged.',
    },
  })
})
