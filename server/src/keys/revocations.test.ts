import assert from 'node:assert/strict'
import test from 'node:test'
import { Revocations, STALE_MS } from './revocations.ts'

function over(answers: (() => Promise<Record<string, unknown>[]>)[]) {
  const seen = { now: 0, changes: 0, heard: [] as unknown[], asked: 0 }
  const revocations = new Revocations({
    read: async () => {
      seen.asked++
      const next = answers.shift()
      assert.ok(next, 'nobody asks so often')
      return next()
    },
    realNow: () => seen.now,
    heard: (state) => seen.heard.push(state),
    keysChanged: () => seen.changes++,
  })
  return { revocations, seen }
}

const row = (keys: string, ahead: string | null = null) => [{ now: 1_000, keys, ahead }]

test('what was heard counts for a second from the question on, not from its answer', async () => {
  let answer: (rows: Record<string, unknown>[]) => void = () => undefined
  const { revocations, seen } = over([
    () =>
      new Promise((resolve) => {
        answer = resolve
      }),
  ])
  assert.equal(revocations.isCurrent(), false)
  const asked = revocations.ask()
  seen.now = 400
  answer(row('1', '70'))
  await asked
  assert.deepEqual(seen.heard, [{ planNow: 1_070, offsetMs: 70 }])
  seen.now = STALE_MS
  assert.equal(revocations.isCurrent(), true)
  seen.now = STALE_MS + 1
  assert.equal(revocations.isCurrent(), false)
})

test('keys are forgotten when the version rises, not with the first answer; who asks meanwhile shares the question', async () => {
  const { revocations, seen } = over([async () => row('1'), async () => row('1'), async () => row('2')])
  await Promise.all([revocations.ask(), revocations.ask()])
  assert.deepEqual([seen.asked, seen.changes], [1, 0])
  await revocations.ask()
  assert.equal(seen.changes, 0)
  await revocations.ask()
  assert.equal(seen.changes, 1)
})

test('a question that fails is told to who asked, and the next one is asked again', async () => {
  const lost = async () => {
    throw new Error('gone')
  }
  const { revocations, seen } = over([lost, async () => row('1')])
  await assert.rejects(revocations.ask(), /gone/)
  assert.equal(revocations.isCurrent(), false)
  await revocations.ask()
  assert.deepEqual([seen.asked, revocations.isCurrent()], [2, true])
})
