import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { wireTo } from '../calling.ts'
import { openWorld, truthOf } from '../harness.ts'
import { asking, PATHS, wholeAnswer } from '../samples.ts'

/** Java's HTTP client offers HTTP/2 with every plain request; a server may ignore an offer, not the request. */
const world = await openWorld()
after(() => world.close())
const team = await world.team({ credits: 0, wallet: 0 })

const body = JSON.stringify(asking('openai-chat'))
const head = (length: number) =>
  [
    `POST ${PATHS['openai-chat']} HTTP/1.1`,
    'host: x',
    'connection: Upgrade, HTTP2-Settings',
    'upgrade: h2c',
    'http2-settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA',
    `authorization: Bearer ${team.planKey}`,
    'content-type: application/json',
    `content-length: ${length}`,
  ].join('\r\n')

for (const [name, cut] of [
  ['in one packet', body.length],
  ['with its body in two', 20],
] as const) {
  test(`a request that offers another protocol is answered in this one, ${name}`, async () => {
    const before = await truthOf(world, team)
    world.upstream.next({ headers: { 'content-type': 'application/json' }, body: wholeAnswer('openai-chat') })
    const wire = wireTo(world.url)
    wire.write(`${head(Buffer.byteLength(body))}\r\n\r\n${body.slice(0, cut)}`)
    if (cut < body.length) wire.write(body.slice(cut))
    const text = await wire.says('usage')
    assert.match(text, /^HTTP\/1\.1 200 /)
    assert.match(text, /tokenplan-pool: plan/)
    assert.equal(String(world.upstream.last().body), body)
    assert.notDeepEqual(await truthOf(world, team), before)
    wire.leave()
  })
}
