import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BookDown } from '../book/book-down.ts'
import { Fault } from '../faults.ts'
import { StoreFault } from '../store/store.ts'
import { errorLog } from './error-log.ts'

function stage() {
  const lines: string[] = []
  const due: (() => void)[] = []
  const report = errorLog((line) => lines.push(line), { realNow: () => 0, later: (act) => due.push(act) })
  return {
    report,
    lines: () => lines.splice(0).map((line) => line.replace('1970-01-01T00:00:00.000Z ', '')),
    aSecondLater: () => {
      for (const act of due.splice(0)) act()
    },
  }
}

test('an outage is one line a second, and says how many more there were', () => {
  const { report, lines, aSecondLater } = stage()
  const lost = () => new StoreFault('the database x at y cannot be reached: refused')
  for (let request = 0; request < 5; request++) report(`/v1/models ${request}`, lost())
  assert.deepEqual(lines(), ['/v1/models 0 the database x at y cannot be reached: refused'])
  report('/v1/messages 9', new BookDown('another sentence'))
  assert.deepEqual(lines(), ['/v1/messages 9 the books cannot be read or written: another sentence'])
  aSecondLater()
  assert.deepEqual(lines(), ['books the database x at y cannot be reached: refused (4 more within a second)'])
  report('/v1/models 6', lost())
  assert.equal(lines().length, 1)
  aSecondLater()
  assert.deepEqual(lines(), [], 'nothing more came')
})

test('a fault is its sentence and its cause; what nobody foresaw has its stack, each time', () => {
  const { report, lines } = stage()
  const stopped = new Fault('answer_stopped')
  stopped.cause = new BookDown('another server has ended this request meanwhile')
  const unforeseen = new Fault('internal')
  unforeseen.cause = new TypeError('x is not a function')
  for (const error of [stopped, stopped, unforeseen]) report('/v1/messages 1', error)
  const [first, second, third] = lines()
  assert.match(
    String(first),
    /stopped in the middle \(BookDown: another server has ended this request meanwhile\)$/,
  )
  assert.equal(second, first)
  assert.match(String(third), /TypeError: x is not a function\n +at /)
})
