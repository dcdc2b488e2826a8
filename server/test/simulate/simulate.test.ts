import assert from 'node:assert/strict'
import test from 'node:test'
import { simulateCommand } from './command.ts'
import { FAULTS, type Outcome, simulate, simulateClosely } from './simulate.ts'

/** The real book over a simulated disk; `scripts/simulate.mjs` runs as many seeds as there is time for. */

const SEEDS = 100
const OPERATIONS = 500

test(`${SEEDS} seeds break nothing, and everything that can go wrong goes wrong in most of them`, async () => {
  const outcomes: Outcome[] = []
  for (let seed = 1; seed <= SEEDS; seed++) outcomes.push(await simulate(seed, OPERATIONS))
  const failures = outcomes.filter(({ failure }) => failure)
  assert.deepEqual(
    failures.map(({ seed, failure }) => ({ seed, ...failure })),
    [],
  )
  assert.ok(outcomes.every(({ operations }) => operations >= OPERATIONS))
  const rare = FAULTS.map(
    (fault) => [fault, outcomes.filter(({ counts }) => counts.has(fault)).length] as const,
  )
  assert.deepEqual(
    rare.filter(([, seeds]) => seeds <= SEEDS / 2),
    [],
  )
})

test('a seed runs the same way twice, also when everything is proven after each step', async () => {
  const [first, again, closely] = [
    await simulate(7, 200),
    await simulate(7, 200),
    await simulateClosely(7, 200),
  ]
  assert.deepEqual(again, first)
  assert.deepEqual(closely, first)
  const [told, retold] = [
    await simulateCommand(['7', '--ops', '200']),
    await simulateCommand(['7', '--ops', '200']),
  ]
  assert.deepEqual(retold, told)
  assert.equal(told.exit, 0)
  for (const fault of FAULTS) assert.match(told.text, new RegExp(`^ +\\d+ {2}${fault}$`, 'm'))
})

test('what it is not asked for in a known way is answered with how it is', async () => {
  for (const args of [
    [],
    ['x'],
    ['-1'],
    ['1.5'],
    ['4294967296'],
    ['1', '--ops'],
    ['1', '--ops', '0'],
    ['1', '2'],
    ['1', '--ops', '5', '6'],
  ]) {
    const { exit, text } = await simulateCommand(args)
    assert.equal(exit, 2, args.join(' '))
    assert.match(text, /simulate SEED/)
  }
})
