import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BookDown } from '../book/book-down.ts'
import type { HoldOp } from '../book/op.ts'
import { Fault } from '../faults.ts'
import { SLICE_TOKENS } from '../modalities/slices.ts'
import { StoreFault } from '../store/sqlite.ts'
import type { Head } from '../upstreams/send.ts'
import { Allowance } from './allowance.ts'
import type { Call } from './call.ts'
import { type PaidSink, PaidStream } from './paid-stream.ts'

/** A price of one nano for each token, so that what is held reads as tokens. */
const NANOS_PER_MILLION = 1_000_000
const PRICE = { tokens: SLICE_TOKENS, bytes: SLICE_TOKENS * 3 }

type Book = { held: number; asks: number[]; readonly mayHold: () => number | 'down' }

/** What a caller was given, what was told about it, and the money behind it. */
function stage(mayHold: Book['mayHold'], outputLimit: number | null = null, isKeyValid = async () => true) {
  const book: Book = { held: Math.min(PRICE.tokens, outputLimit ?? PRICE.tokens), asks: [], mayHold }
  const told: string[] = []
  const exchange = { aborted: false, resumes: 0 }
  let passed = ''
  const allowance = new Allowance({
    book: {
      more: async (hold: HoldOp, nanos: number) => {
        book.asks.push(nanos)
        await Promise.resolve()
        const most = book.mayHold()
        if (most === 'down') throw new BookDown('the disk is full')
        const shortage = { neededNanos: nanos, balanceNanos: most, heldNanos: book.held, wallet: null }
        if (book.held + nanos > most) return { kind: 'refused', why: shortage }
        book.held += nanos
        return { kind: 'held', hold: { ...hold, nanos: hold.nanos + nanos } }
      },
    },
    isKeyValid,
    hold: { nanos: book.held } as HoldOp,
    outputTokens: book.held,
    outputLimit,
    nanosPerMillion: NANOS_PER_MILLION,
  })
  const sink: PaidSink = {
    onHead: () => undefined,
    onChunk: (chunk) => {
      passed += chunk.toString()
      return true
    },
    onEnd: () => told.push('end'),
    onFail: () => told.push('fail'),
    onUnpaid: (last) => told.push(`unpaid ${last.text({} as never)}`),
    onOurFailure: ({ kind }) => told.push(kind),
  }
  const call = { dialect: 'openai-chat', res: { destroyed: false } } as Call
  const earlyEnd = { see: () => undefined, text: () => 'last' }
  const refusalFor = () => new Fault('wallet_empty')
  const paid = new PaidStream(call, { allowance, earlyEnd, refusalFor }, () => sink)
  paid.over({
    abort: () => {
      exchange.aborted = true
    },
    resume: () => {
      exchange.resumes++
    },
  })
  paid.onHead({ status: 200, contentType: 'text/event-stream', contentLength: null } as Head)
  return { paid, book, told, exchange, allowance, passed: () => passed }
}

const said = (bytes: number) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'z'.repeat(bytes) } }] })}\n\n`
/** A letter that the frame of an event does not have. */
const bytesOf = (text: string) => (text.match(/z/g) ?? []).length
const settle = () => new Promise((resolve) => setImmediate(resolve))

test('nothing is passed on that is not held, whatever comes in whatever pieces', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 12_000 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 500, max: 20_000 }),
      fc.integer({ min: 0, max: 15_000 }),
      fc.option(fc.integer({ min: 1, max: 20_000 }), { nil: null }),
      async (sizes, chunkBytes, money, limit) => {
        const { paid, book, told, exchange, allowance, passed } = stage(() => SLICE_TOKENS + money, limit)
        const text = sizes.map(said).join('')
        for (let at = 0; at < text.length && !exchange.aborted; at += chunkBytes) {
          paid.onChunk(Buffer.from(text.slice(at, at + chunkBytes)))
          const tokens = Math.ceil(bytesOf(passed()) / 3)
          const mayBeWithin = limit !== null && book.held >= limit && tokens <= 2 * limit
          const isPaid = tokens <= book.held || mayBeWithin
          assert.ok(isPaid, `${bytesOf(passed())} bytes passed, ${book.held} tokens held`)
          await settle()
        }
        paid.onEnd()
        await settle()
        assert.equal((await allowance.lastHold()).nanos, book.held)
        assert.equal(told.length, 1, 'one end')
        assert.ok(text.startsWith(passed()) && (passed() === '' || passed().endsWith('\n\n')))
        if (told[0] === 'end') assert.equal(passed(), text)
        else {
          assert.equal(told[0], 'unpaid last')
          assert.ok(exchange.aborted, 'the engine is told to stop')
          const next = bytesOf(text.slice(passed().length).split('\n\n')[0] ?? '')
          const missing = Math.ceil((bytesOf(passed()) + next) / 3)
          assert.ok(missing > money, 'what could be paid was')
        }
      },
    ),
    { examples: [[[2702, 2780, 6411, 395], 500, 3073, 1]] },
  )
})

test('the next slice is asked for early, and a stream at its usual pace never waits', async () => {
  const { paid, book, exchange } = stage(() => 1e9)
  for (let events = 0; events < 100; events++) {
    assert.equal(paid.onChunk(Buffer.from(said(300))), true)
    await settle()
  }
  assert.deepEqual(book.asks, new Array(10).fill(SLICE_TOKENS))
  assert.equal(exchange.aborted, false)
})

test('a chunk of many slices asks for them at once', async () => {
  const { paid, book, passed } = stage(() => 1e9)
  const text = said(3000).repeat(9)
  assert.equal(paid.onChunk(Buffer.from(text)), false, 'the engine waits')
  assert.equal(passed(), said(3000))
  await settle()
  assert.equal(passed(), text)
  // And for one ahead.
  assert.deepEqual(book.asks, [8 * SLICE_TOKENS, SLICE_TOKENS])
})

test('where not all of a chunk can be paid, what can be is', async () => {
  const { paid, told, passed } = stage(() => 3 * SLICE_TOKENS)
  paid.onChunk(Buffer.from(said(3000).repeat(9)))
  await settle()
  assert.equal(passed(), said(3000).repeat(3))
  assert.deepEqual(told, ['unpaid last'])
})

test('an engine that goes on beyond the limit is paid, and stopped where there is no money', async () => {
  for (const [most, events] of [
    [1e9, 30],
    [1 + 4 * SLICE_TOKENS, 12],
  ] as const) {
    const { paid, book, told, exchange, passed } = stage(() => most, 1)
    for (let sent = 0; sent < 30 && !exchange.aborted; sent++) {
      paid.onChunk(Buffer.from(said(1000)))
      await settle()
    }
    assert.equal(passed(), said(1000).repeat(events))
    assert.ok(book.held >= Math.ceil((events * 1000) / 3))
    assert.deepEqual([exchange.aborted, told], events === 30 ? [false, []] : [true, ['unpaid last']])
  }
})

test('what keeps to the limit is not ended where just the limit could be paid', async () => {
  const { paid, book, told, passed } = stage(() => 1000, 1000)
  // 4.5 bytes a token.
  for (let sent = 0; sent < 10; sent++) {
    paid.onChunk(Buffer.from(said(450)))
    await settle()
  }
  paid.onEnd()
  assert.deepEqual([passed(), told, book.held], [said(450).repeat(10), ['end'], 1000])
  assert.equal(book.asks.length, 1, 'asked once')
})

test('money that comes in time is used: an early refusal ends nothing', async () => {
  let most = SLICE_TOKENS
  const { paid, book, told, passed } = stage(() => most)
  paid.onChunk(Buffer.from(said(2500)))
  await settle()
  assert.deepEqual([book.asks.length, told], [1, []])
  most = 1e9
  paid.onChunk(Buffer.from(said(2500)))
  await settle()
  assert.equal(passed(), said(2500).repeat(2))
})

test('books that are down end a stream as our failure, and only when the money is needed', async () => {
  const { paid, told, exchange } = stage(() => 'down')
  paid.onChunk(Buffer.from(said(2500)))
  await settle()
  assert.deepEqual(told, [])
  paid.onChunk(Buffer.from(said(2500)))
  await settle()
  assert.deepEqual([told, exchange.aborted], [['store_down'], true])
})

test('a database that cannot say whether the key still counts ends a stream as one that is down', async () => {
  const asked = async () => {
    throw new StoreFault('the database takes a second to say which keys count')
  }
  const { paid, told, exchange, book } = stage(() => 1e9, null, asked)
  paid.onChunk(Buffer.from(said(5000)))
  await settle()
  assert.deepEqual([told, exchange.aborted, book.asks], [['store_down'], true, []])
})

test('a report above what is held is passed on, paid or not', async () => {
  const report =
    'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":5000}}\n\ndata: [DONE]\n\n'
  for (const most of [SLICE_TOKENS, 1e9]) {
    const { paid, book, told, passed } = stage(() => most)
    paid.onChunk(Buffer.from(said(10) + report))
    paid.onEnd()
    await settle()
    assert.deepEqual([passed(), told], [said(10) + report, ['end']])
    assert.equal(book.held, most === 1e9 ? 5 * SLICE_TOKENS : SLICE_TOKENS)
  }
})

test('a line without an end at the end of a stream is counted and passed on', async () => {
  const { paid, book, told, passed } = stage(() => 1e9)
  paid.onChunk(Buffer.from(said(6000).trimEnd()))
  assert.equal(passed(), '')
  paid.onEnd()
  await settle()
  assert.deepEqual([passed(), told], [said(6000).trimEnd(), ['end']])
  assert.equal(book.held, 2 * SLICE_TOKENS)
})

test('an event without an end is an engine that has lost itself', async () => {
  const { paid, told, exchange, passed } = stage(() => 1e9)
  const piece = Buffer.alloc(1024 * 1024, 'x')
  for (let pieces = 0; pieces < 5; pieces++) paid.onChunk(piece)
  assert.deepEqual([told, exchange.aborted, passed()], [['fail'], true, ''])
})
