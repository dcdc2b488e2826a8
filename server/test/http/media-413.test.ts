import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { openWorld } from '../harness.ts'
import { askingFor, type KindName, kindNames, kinds } from '../media-samples.ts'
import { mediaTruth, nothingTaken, paidBy } from '../media-truth.ts'
import { assertRefused } from './refused.ts'

const world = await openWorld()
after(() => world.close())
beforeEach(() => world.upstream.forget())
const team = await world.team({ plan: 'max', credits: 1e9, wallet: 1e9 })

const MB = 1024 * 1024
/** Pictures and recordings come in the body, in base64. */
const CAPS: Partial<Record<KindName, number>> = {
  images: 30,
  vision: 30,
  song: 70,
  cover: 70,
  preprocess: 70,
}

/** A right request of exactly so many bytes. */
function bodyOf(kind: KindName, bytes: number): Buffer {
  const text = JSON.stringify(askingFor(kind))
  return Buffer.concat([Buffer.from(text), Buffer.alloc(bytes - Buffer.byteLength(text), ' ')])
}

function inPieces(body: Buffer, bytes: number): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0; at < body.length; at += bytes) pieces.push(body.subarray(at, at + bytes))
  return pieces
}

for (const kind of kindNames) {
  const { path } = kinds[kind]
  const cap = CAPS[kind] ?? 1
  const tooLarge = { status: 413, code: 2013, says: `the body is too large: up to ${cap} MB are taken here` }

  test(`${kind}: a byte above ${cap} MB, said beforehand and not`, async () => {
    const before = await mediaTruth(world, team)
    const body = bodyOf(kind, cap * MB + 1)
    for (const form of [body, inPieces(body, 8 * MB)]) {
      assertRefused(await world.call(path, { key: team.planKey, body: form }), 'native', tooLarge)
    }
    assert.equal(world.upstream.received.length, 0)
    await nothingTaken(world, team, before)
  })
}

for (const kind of ['speech', 'search', 'vision'] as const) {
  test(`${kind}: exactly as much as is taken`, async () => {
    const body = bodyOf(kind, (CAPS[kind] ?? 1) * MB)
    const answer = await world.call(kinds[kind].path, { key: team.planKey, body })
    assert.equal(paidBy(answer)[0], 'plan', answer.text)
  })
}

test('a recording of 50 MB goes through', async () => {
  const audio_base64 = Buffer.alloc(50 * MB, 1).toString('base64')
  const body = askingFor('cover', { audio_url: undefined, audio_base64 })
  const answer = await world.call(kinds.cover.path, { key: team.planKey, body })
  assert.equal(paidBy(answer)[0], 'plan', answer.text)
  assert.ok(world.upstream.last().body.includes(audio_base64.slice(0, 1000)))
  assert.equal(world.upstream.last().body.length, Buffer.byteLength(JSON.stringify(body)))
})
