import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { wireTo } from '../calling.ts'
import { nothingCharged, openWorld, truthOf, until } from '../harness.ts'
import { asking, PATHS, wholeAnswer } from '../samples.ts'
import { assertNoInternals } from './refused.ts'

/** Bytes that are no right HTTP, or right HTTP that no SDK sends. */
const world = await openWorld()
after(() => world.close())
beforeEach(() => world.upstream.forget())
const team = await world.team({ credits: 1e9, wallet: 1e9 })

const body = JSON.stringify(asking('anthropic', { messages: [] }))
const head = (...more: readonly string[]) =>
  `${[`POST ${PATHS.anthropic} HTTP/1.1`, 'host: x', `x-api-key: ${team.planKey}`, ...more].join('\r\n')}\r\n\r\n`

const broken: readonly (readonly [string, string])[] = [
  ['no HTTP at all', 'hello there\r\n\r\n'],
  ['TLS', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003\r\n\r\n'],
  ['a length that is no number', head('content-length: many') + body],
  ['two lengths', head('content-length: 1', `content-length: ${body.length}`) + body],
  ['a length and chunks', head(`content-length: ${body.length}`, 'transfer-encoding: chunked') + body],
  ['a chunk of a broken size', `${head('transfer-encoding: chunked')}zz\r\n{}\r\n0\r\n\r\n`],
  ['a head of 100,000 bytes', head(`x-long: ${'a'.repeat(100_000)}`)],
  ['a line break in a header', head('x-odd: a\nb\r\r\n')],
]
for (const [name, bytes] of broken) {
  test(`${name}: refused in plain words, and the connection goes`, async () => {
    const before = await truthOf(world, team)
    const wire = wireTo(world.url)
    wire.write(bytes)
    const text = await wire.says('}}')
    assert.match(text, /^HTTP\/1\.1 4\d\d /)
    assert.match(text, /"error":\{"message":"/)
    assertNoInternals(text)
    assert.ok(!text.includes(team.planKey))
    await wire.closed
    await until(() => world.running.book.openHolds() === 0, 'no hold is open')
    assert.equal(world.upstream.received.length, 0)
    await nothingCharged(world, team, before)
  })
}

test('two requests in one packet are two answers, in their order', async () => {
  const before = await truthOf(world, team)
  const one = head(`content-length: ${body.length}`) + body
  const two = one.replace(PATHS.anthropic, '/v1/nothing')
  const wire = wireTo(world.url)
  wire.write(one + two)
  const text = await wire.says('there is nothing at this path')
  assert.ok(text.indexOf('HTTP/1.1 200 ') < text.indexOf('HTTP/1.1 404 '), text)
  assert.ok(text.includes(wholeAnswer('anthropic')))
  assert.equal((await truthOf(world, team)).usedUnits, before.usedUnits + 1)
  wire.leave()
})

test('a body in chunks of one byte is scanned as a whole one', async () => {
  const wire = wireTo(world.url)
  const chunks = Array.from(body, (byte) => `1\r\n${byte}\r\n`).join('')
  wire.write(`${head('transfer-encoding: chunked') + chunks}0\r\n\r\n`)
  assert.match(await wire.says('}'), /^HTTP\/1\.1 200 /)
  assert.equal(world.upstream.last().body.toString(), body)
  wire.leave()
})

test('who expects 100-continue gets it, and then the answer', async () => {
  const wire = wireTo(world.url)
  wire.write(head(`content-length: ${body.length}`, 'expect: 100-continue'))
  await wire.says('HTTP/1.1 100 Continue')
  wire.write(body)
  await wire.says('HTTP/1.1 200 ')
  wire.leave()
})

test('the whole URL in the request line is understood or refused, never a crash', async () => {
  const wire = wireTo(world.url)
  wire.write(
    head(`content-length: ${body.length}`).replace(PATHS.anthropic, `http://x${PATHS.anthropic}`) + body,
  )
  assert.match(await wire.says('\r\n\r\n'), /^HTTP\/1\.1 (200|404) /)
  wire.leave()
})

test('the server serves on', async () => {
  const answer = await world.call(PATHS.native, { key: team.planKey, body: asking('native') })
  assert.equal(answer.headers['tokenplan-pool'], 'plan')
  assert.deepEqual(world.logs, [])
})
