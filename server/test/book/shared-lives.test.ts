import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import fc from 'fast-check'
import { join } from '../../src/book/journal-nodes.ts'
import { journalPostgres } from '../../src/book/journal-postgres.ts'
import type { HoldOp } from '../../src/book/op.ts'
import { readCost } from '../../src/book/reads-corrections.ts'
import { SharedBook } from '../../src/book/shared-book.ts'
import { verify } from '../../src/book/verify.ts'
import { migrate } from '../../src/store/migrate.ts'
import { openPostgres, type PostgresStore } from '../../src/store/postgres.ts'
import { type PostgresServer, startPostgres } from '../postgres.ts'
import { commonRows, foundingRows, labelOf, rowsOf } from './founding.ts'
import type { Names } from './names.ts'
import { askOf, compareMoney, endOf, grownTo, lackOf, opOf, opsOf, said } from './play.ts'
import { ReferenceModel } from './reference-model.ts'
import { type Act, type EndAct, type Scene, scenes, shifted } from './scenes.ts'
import type { Change, Request } from './terms.ts'

/** The same random lives over a real Postgres, act by act on one of two servers, each with a cache of its own. */

const FIRST_REQUEST = 10_000
let server: PostgresServer
let store: PostgresStore
let books: SharedBook[] = []
/** Of the last decision, as the database told it: its clock runs on between two acts. */
let now = 0
let offsetMs = 0
let lives = 0

before(async () => {
  server = await startPostgres({ durable: false })
  store = await openPostgres(await server.createDatabase())
  await migrate(store)
  await store.job(commonRows())
  books = [await openServer(), await openServer()]
})

after(async () => {
  for (const book of books) await book.drain()
  await store.close()
  await server.remove()
})

async function openServer(): Promise<SharedBook> {
  const me = await join(store)
  const told = (databaseNow: number) => {
    now = databaseNow
  }
  const journal = journalPostgres(store, () => me.id, told)
  return new SharedBook(
    journal,
    (hold) => readCost(store, hold),
    () => now,
    (error) => assert.ifError(error),
  )
}

/** Plan time goes on from where the life before has left it. */
async function step(ms: number): Promise<void> {
  offsetMs += ms
  const sql = `insert into setting values ('clock_offset_ms', ?) on conflict (name) do update set value = excluded.value`
  await store.job([{ sql, params: [String(offsetMs)] }])
}

class Life {
  readonly names: Names
  readonly model: ReferenceModel
  readonly requests = new Map<number, Request>()
  running: HoldOp[] = []
  grown = 0
  #turn = 0
  #lastId: number

  constructor(scene: Scene, base: number) {
    this.names = { team: base, member: base, subscription: base + 1 }
    this.#lastId = base + FIRST_REQUEST
    this.model = new ReferenceModel(shifted(scene, base, now))
  }

  /** A server for an act that any may do. */
  get #book(): SharedBook {
    return bookOf(this.#turn++)
  }

  async found(): Promise<void> {
    const ops = opsOf(this.model.terms, now, this.names)
    const rows = foundingRows(this.model.terms, this.names, now)
    await this.#book.command(ops, [...rows, ...ops.flatMap(rowsOf)])
  }

  async act(act: Act): Promise<void> {
    if (act.kind === 'step') await step(act.ms)
    else if (act.kind === 'ask') await this.ask(act.request)
    else if (act.kind === 'end') await this.end(act)
    else if (act.kind === 'more') await this.more(act)
    else if (act.kind === 'expire') await this.expire()
    else await this.change(act)
  }

  async ask(wanted: Omit<Request, 'id'>): Promise<void> {
    const request = { ...wanted, id: ++this.#lastId }
    this.requests.set(request.id, request)
    const ask = { ...askOf(request, this.names), resourceLabel: labelOf(request.resource), modelLabel: 1 }
    const seat = request.seated ? this.names.subscription : null
    const admitted = await bookOf(request.id).admit(ask, seat)
    const verdict = this.model.ask(request, now)
    if (admitted.kind === 'refused') {
      assert.deepEqual(said(admitted.refusal), verdict)
      return
    }
    const { pool, units, parts } = admitted.op
    assert.deepEqual({ pool, units, parts: parts.map(({ account, nanos }) => ({ account, nanos })) }, verdict)
    this.running.push(admitted.op)
  }

  async more({ which, nanos }: Extract<Act, { kind: 'more' }>): Promise<void> {
    const index = which % this.running.length
    const hold = this.running[index]
    if (!hold || hold.nanos === 0) return
    const grown = await bookOf(hold.id).more(hold, nanos)
    const growth = this.model.more(hold.id, nanos, now)
    if (grown.kind === 'refused') {
      assert.deepEqual({ lack: lackOf(grown.why) }, growth)
      return
    }
    assert.deepEqual(grownTo(grown.hold), growth)
    this.running[index] = grown.hold
    this.grown++
  }

  async end(act: EndAct): Promise<void> {
    const [hold] = this.running.splice(act.which % this.running.length, 1)
    if (!hold) return
    const { outcome, meant } = endOf(this.requests.get(hold.id), hold, act)
    await bookOf(hold.id).end(hold, outcome, [])
    const ended = this.model.end(hold.id, meant, now)
    const sql = 'select at, units, nanos, absorbed_nanos, made_units from hold_end where hold = ?'
    const [row] = await store.read(sql, [hold.id])
    const nanos = ended.charges.reduce((sum, charge) => sum + charge.nanos, 0)
    const { at, units, madeUnits: made_units, absorbedNanos: absorbed_nanos } = ended
    assert.deepEqual({ ...row }, { at, units, nanos, absorbed_nanos, made_units })
  }

  async change(drawn: Change): Promise<void> {
    const lot = drawn.kind === 'lot' && { ...drawn.lot, expiresAt: now + (drawn.lot.expiresAt % 86_400_000) }
    const change = drawn.kind === 'lot' && lot ? { ...drawn, lot } : drawn
    const op = opOf(this.model, change, now, this.names)
    await this.#book.command([op], rowsOf(op))
    this.model.change(change)
  }

  async expire(): Promise<void> {
    const booked = await this.#book.expire(this.names.team, () => ++this.#lastId)
    const expected = this.model.expire(now).reduce((sum, { nanos }) => sum + nanos, 0)
    assert.equal(booked, expected)
  }

  /** By what one server knows of what both did. */
  async compare(book = this.#book): Promise<void> {
    const { subscription, team } = this.names
    for (const { resource, windows } of (await book.meters(subscription, team)) ?? []) {
      const used = windows.map(({ rule }) => this.model.used(resource, rule, now))
      assert.deepEqual(
        windows.map(({ usedUnits }) => usedUnits),
        used,
      )
      assert.ok(windows.every(({ heldUnits }) => heldUnits === this.model.heldUnits(resource)))
    }
    const money = await book.money(team)
    assert.ok(money)
    compareMoney(money, this.model, now, this.names)
  }
}

function bookOf(number: number): SharedBook {
  const book = books[number % books.length]
  assert.ok(book)
  return book
}

test('two servers over one Postgres say what the reference model says, and verify is clean', async () => {
  let grown = 0
  await step(0)
  await fc.assert(
    fc.asyncProperty(scenes, async (scene) => {
      const base = ++lives * 1_000_000
      // The database's time is asked for, so that the life begins at it.
      await bookOf(0).money(base)
      const life = new Life(scene, base)
      await life.found()
      for (const act of scene.acts) {
        await life.act(act)
        await life.compare()
      }
      while (life.running.length > 0)
        await life.end({ kind: 'end', which: 0, ending: 'done', price: 1, made: 1 })
      for (const book of books) await life.compare(book)
      grown += life.grown
      await step(40 * 86_400_000)
    }),
    { numRuns: 15, endOnFailure: true, includeErrorInReport: true },
  )
  const { checks, openHolds } = await verify(store)
  assert.deepEqual([checks.filter(({ ok }) => !ok), openHolds], [[], 0])
  assert.ok(grown > 0)
})
