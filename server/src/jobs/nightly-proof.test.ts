import assert from 'node:assert/strict'
import test from 'node:test'
import { msUntilProof, startNightlyProof } from './nightly-proof.ts'

const HOUR_MS = 3_600_000
const midnight = Date.UTC(2026, 10, 25)

test('the next proof is at three in the morning, today or tomorrow', () => {
  assert.equal(msUntilProof(midnight), 3 * HOUR_MS)
  assert.equal(msUntilProof(midnight + 3 * HOUR_MS - 1), 1)
  assert.equal(msUntilProof(midnight + 3 * HOUR_MS), 24 * HOUR_MS)
  assert.equal(msUntilProof(midnight + 23 * HOUR_MS), 4 * HOUR_MS)
})

test('it says what is wrong and nothing else, and leaves it to the server whose turn it is', async () => {
  const said: string[] = []
  let mine = true
  const check = (name: string, ok: boolean) => ({ name, ok, differences: ok ? 0 : 2, detail: ok ? '' : 'x' })
  const night = startNightlyProof({
    realNow: () => midnight,
    isMine: () => mine,
    prove: async () => ({ ok: false, openHolds: 0, checks: [check('sums', true), check('lots', false)] }),
    report: (where, error) => said.push(`${where} ${error instanceof Error ? error.message : error}`),
  })
  await night.run()
  mine = false
  await night.run()
  night.stop()
  assert.deepEqual(said, ['verify WRONG lots: 2 difference(s), x'])
})
