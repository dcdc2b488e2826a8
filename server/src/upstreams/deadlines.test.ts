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
  const [first, second, third] = [named('first'), named('second'), named('third')]
  for (const each of [first, second, third]) deadlines.add(each)
  deadlines.remove(second)
  tick(100)
  assert.deepEqual(expired, ['first', 'third'])
  const alone = named('alone')
  deadlines.add(alone)
  deadlines.remove(alone)
  tick(100)
  deadlines.add(named('later'))
  tick(99)
  assert.deepEqual(expired, ['first', 'third'])
  tick(1)
  assert.deepEqual(expired, ['first', 'third', 'later'])
})
