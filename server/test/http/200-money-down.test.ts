import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { BookDown } from '../../src/book/book-down.ts'
import { endings } from '../../src/book/op.ts'
import { dialects } from '../../src/modalities/dialect.ts'
import { booksAreRight, lastRecord, openWorld, soon, truthOf } from '../harness.ts'
import { asking, EVENT_STREAM, PATHS } from '../samples.ts'
import { speak } from '../streams.ts'

/** Books that cannot take a slice on: our failure, not the end of anybody's money. */
const world = await openWorld()
after(() => world.close())

const RICH = 5_000_000_000
const QUARTER = 'x'.repeat(768)

for (const dialect of dialects) {
  test(`a slice that cannot be written ends the stream with an error, at the price of what came: ${dialect}`, async () => {
    const { book } = world.running
    const more = book.more
    book.more = async () => {
      throw new BookDown('the disk is full')
    }
    const team = await world.team({ plan: null, wallet: RICH })
    const { begin, say } = speak(dialect)
    const pieces = [begin, ...Array.from({ length: 6 }, () => say(QUARTER))]
    world.upstream.next({ headers: EVENT_STREAM, body: pieces, ending: 'hang' })
    const answer = await world.call(PATHS[dialect], {
      key: team.apiKey,
      body: asking(dialect, { stream: true }),
    })
    book.more = more
    const paid = pieces.slice(0, 5).join('')
    assert.ok(answer.whole && answer.text.startsWith(paid))
    const rest = answer.text.slice(paid.length)
    assert.ok(!rest.includes(QUARTER) && !rest.includes('[DONE]') && !rest.includes('the disk is full'))
    assert.match(rest, /the books cannot be written right now, so this answer was stopped/)
    await soon(world.upstream.last().closed, 'the engine is told to stop')
    const { ending, nanos } = await lastRecord(world, team)
    assert.deepEqual([ending, nanos], [endings['cut-after'], 4 * 192 * 1200])
    assert.equal((await truthOf(world, team)).walletNanos, RICH - 4 * 192 * 1200)
    await booksAreRight(world)
  })
}
