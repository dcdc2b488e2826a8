import assert from 'node:assert/strict'
import test from 'node:test'
import { stepPath } from './step-path.ts'

test('nothing used draws nothing', () => {
  assert.equal(stepPath([], 0), 'M0 100')
})

test('a step stands where it is true from, and the last one is all of it', () => {
  const returns = [
    { at: 1_500, units: 1 },
    { at: 2_000, units: 4 },
  ]
  assert.equal(stepPath(returns, 1_000), 'M0 100H500V75H1000V0')
})

test('an answer that has grown old draws nothing rather than nonsense', () => {
  assert.equal(stepPath([{ at: 1_000, units: 1 }], 1_000), 'M0 100')
})
