import assert from 'node:assert/strict'
import test, { mock } from 'node:test'
import { Deadlines } from './deadlines.ts'

function scene() {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] })
  const expired: string[] = []
  const deadlines = new Deadlines(100, () => Date.now())
  const named = (name: string) => () => expired.push(name)
  return { deadlines, expired, named, tick: (ms: number) => mock.timers.tick(ms) }
}

test.afterEach(() => mock.timers.reset())

test('each is due its whole time after it was added, and once', () => {
  const { deadlines, expired, named, tick } = scene()
  deadlines.add(named('first'))
  tick(60)
  deadlines.add(named('second'))
  tick(39)
  assert.deepEqual(expired, [])
  tick(1)
  assert.deepEqual(expired, ['first'])
  tick(59)
  assert.deepEqual(expired, ['first'])
  tick(1)
  assert.deepEqual(expired, ['first', 'second'])
  tick(1000)
  assert.deepEqual(expired, ['first', 'second'])
})

test('what is removed does not expire, also in the middle and when it is the only one', () => {
  const { deadlines, expired, named, tick } = scene()
  deadlines.add(named('first'))
  const second = deadlines.add(named('second'))
  deadlines.add(named('third'))
  deadlines.remove(second)
  deadlines.remove(second)
  tick(100)
  assert.deepEqual(expired, ['first', 'third'])
  deadlines.remove(deadlines.add(named('alone')))
  tick(100)
  deadlines.add(named('later'))
  tick(99)
  assert.deepEqual(expired, ['first', 'third'])
  tick(1)
  assert.deepEqual(expired, ['first', 'third', 'later'])
})

test('removed in any order, the rest stay in theirs', () => {
  for (const gone of [[0], [3], [0, 1], [3, 2], [1, 2], [0, 3], [0, 1, 2, 3], [3, 1]]) {
    const { deadlines, expired, named, tick } = scene()
    const added = ['a', 'b', 'c', 'd'].map((name) => deadlines.add(named(name)))
    for (const index of gone) {
      const deadline = added[index]
      if (deadline) deadlines.remove(deadline)
    }
    deadlines.add(named('e'))
    tick(100)
    assert.deepEqual(
      expired,
      [...'abcde'].filter((_, index) => !gone.includes(index)),
    )
    mock.timers.reset()
  }
})
