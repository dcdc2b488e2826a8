import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { payers, smalls } from '../hang-up.ts'
import { hangUpInSmall, hangUpInSocket, type Offsets } from '../hang-up-everywhere.ts'
import { leaveSilent } from '../hang-up-socket.ts'
import { openWorld } from '../harness.ts'

/**
 * Clients who hang up are charged by the table in the docs, to the unit and to the nano. Here at some bytes; at every byte of
 * the request and of the answer with `node scripts/hang-up.mjs`.
 */
const world = await openWorld()
after(() => world.close())

/** The ends, the size at which an answer in one piece begins to pass, and some between that are others for each length. */
const some: Offsets = (length) => {
  const between = [0.31, 0.58, 0.83].map((share) => Math.floor(length * share) - (length % 7))
  const offsets = [0, 1, ...between, 2_047, 2_048, length - 1, length]
  return [...new Set(offsets.filter((offset) => offset >= 0 && offset <= length))].sort((a, b) => a - b)
}

for (const payer of payers) {
  for (const small of smalls) {
    test(`hanging up in the request and in the answer: ${small.name}, paid by ${payer}`, async () => {
      const { requests, answers } = await hangUpInSmall(world, small, payer, some)
      assert.ok(requests >= 6 && answers >= 6)
    })
  }

  test(`hanging up while something is spoken over a WebSocket, paid by ${payer}`, async () => {
    await hangUpInSocket(world, payer, some)
    const team = await world.team({ plan: 'max', wallet: 1e9 })
    await leaveSilent({ world, team, payer })
  })
}

test('nobody’s leaving is an error of the server: the log is empty', () => {
  assert.deepEqual(world.logs, [])
})
