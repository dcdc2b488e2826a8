import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { produce } from '../src/answer.ts'
import { createOutlet } from '../src/outlet.ts'
import { createPacer, pause } from '../src/pace.ts'
import { fillerTokens } from '../src/tokens.ts'

/** A reader that takes nothing until told. */
function stuck() {
  const takers: (() => void)[] = []
  const stream = new Writable({
    highWaterMark: 1,
    write: (_chunk, _encoding, taken) => void takers.push(taken),
  })
  return { res: stream as unknown as ServerResponse, take: () => takers.shift()?.() }
}

test('a reader that does not read holds the sender, one that leaves lets it go', async () => {
  const left = new AbortController()
  const { res, take } = stuck()
  const outlet = createOutlet(res, left.signal)
  const first = outlet.send('one')
  take()
  assert.equal(await first, true)
  const second = outlet.send('two')
  left.abort()
  assert.equal(await second, false)
  assert.equal(await outlet.send('three'), false)
})

test('nobody waits for a client that has left', async () => {
  const left = new AbortController()
  const waiting = [pause(600_000, left.signal), createPacer({ eventMs: 60_000, strict: true }, left.signal)()]
  left.abort()
  assert.deepEqual(await Promise.all(waiting), [false, false])
  assert.equal(await createPacer({ eventMs: 0, strict: false }, left.signal)(), false)
})

test('tokens are made when they are asked for', () => {
  let made = 0
  function* counted() {
    for (const token of fillerTokens(200_000, 0)) {
      made += 1
      yield token
    }
  }
  const making = { id: '', model: '', signature: '', inputTokens: 1, limitTokens: Infinity, withUsage: true }
  const { parts } = produce({ thinking: '', text: counted(), calls: [] }, making)
  for (let i = 0; i < 3; i += 1) parts.next()
  assert.equal(made, 3)
})
