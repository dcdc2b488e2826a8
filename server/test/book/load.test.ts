import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { after, before } from 'node:test'
import fc from 'fast-check'
import { journalSqlite } from '../../src/book/journal-sqlite.ts'
import { LocalBook } from '../../src/book/local-book.ts'
import type { HoldOp } from '../../src/book/op.ts'
import { readsSqlite } from '../../src/book/reads-sqlite.ts'
import type { Account } from '../../src/book/state.ts'
import { verify } from '../../src/book/verify.ts'
import { migrate } from '../../src/store/migrate.ts'
import { openSqlite, type Store } from '../../src/store/sqlite.ts'
import { commonRows, foundingRows, labelOf, rowsOf } from './founding.ts'
import { type Names, secretsOf } from './names.ts'
import { askOf, compareMoney, endOf, grownTo, lackOf, opOf, opsOf, said } from './play.ts'
import { ReferenceModel } from './reference-model.ts'
import {
  type Act,
  acts,
  DAY_MS,
  type EndAct,
  HOUR_MS,
  type Scene,
  scenes,
  shifted,
  WINDOW_MS,
} from './scenes.ts'
import type { Change, Request, Terms } from './terms.ts'

/** The book on its real journal: what is read back after a restart is what the reference model says. */

const folder = mkdtempSync(path.join(tmpdir(), 'tokenplan-load-'))
let store: Store
let lives = 0
let firstAt = Date.UTC(2026, 9, 24, 20)
/** Above the ids of everything else in a life. */
const FIRST_REQUEST = 10_000
const seen = { resumed: 0, shared: 0, long: 0, grown: 0, expired: 0 }

before(async () => {
  store = await openSqlite(path.join(folder, 'tokenplan.db'))
  await migrate(store)
  await store.job(commonRows())
})

after(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

async function found(book: LocalBook, terms: Terms, names: Names, at: number): Promise<void> {
  const ops = opsOf(terms, at, names)
  await book.command(ops, [...foundingRows(terms, names, at), ...ops.flatMap(rowsOf)])
}

class Life {
  readonly names: Names
  readonly terms: Terms
  readonly model: ReferenceModel
  readonly journal = journalSqlite(store)
  readonly #requests = new Map<number, Request>()
  running: HoldOp[] = []
  now = firstAt
  #lastId: number
  readonly #shiftMs: number

  constructor(scene: Scene, base: number) {
    this.#shiftMs = firstAt - scene.startsAt
    this.names = { team: base, member: base, subscription: base }
    this.#lastId = base + FIRST_REQUEST
    this.terms = shifted(scene, base, firstAt)
    this.model = new ReferenceModel(this.terms)
  }

  /** Ends what was open as a crash does; a task that an engine works on goes on as it was. */
  async open(): Promise<LocalBook> {
    const { book, sweptHolds } = await LocalBook.open(this.journal, readsSqlite(store), () => this.now)
    const swept = this.running.filter(({ id }) => this.#task(id) !== 'at an engine')
    assert.equal(sweptHolds, swept.length)
    for (const { id } of swept) {
      this.model.end(id, { ending: 'crashed', price: 0, made: null }, this.now)
      assert.equal(book.openHold(id), undefined)
    }
    this.running = this.running.filter((hold) => !swept.includes(hold))
    assert.equal(book.openHolds(), this.running.length)
    for (const hold of this.running) {
      seen.resumed++
      if (hold.pool.startsWith('plan+')) seen.shared++
      assert.deepEqual(book.openHold(hold.id), { ...hold, resource: this.#label(hold.id).name })
    }
    return book
  }

  /** Of the jobs that are no text a quarter are tasks that no engine has taken on yet, and half run at one. */
  #task(id: number): 'none' | 'waiting' | 'at an engine' {
    if (this.#requests.get(id)?.crashUnits !== 0 || id % 4 === 0) return 'none'
    return id % 4 === 1 ? 'waiting' : 'at an engine'
  }

  #label(id: number): { readonly id: number; readonly name: string } {
    const name = this.#requests.get(id)?.resource ?? 'video'
    return { id: labelOf(name), name }
  }

  async act(book: LocalBook, act: Act): Promise<void> {
    if (act.kind === 'step') await this.step(book, act.ms)
    else if (act.kind === 'ask') await this.ask(book, act.request)
    else if (act.kind === 'end') await this.end(book, act)
    else if (act.kind === 'more') await this.more(book, act)
    else if (act.kind === 'expire') await this.expire(book)
    else await this.change(book, act)
  }

  async change(book: LocalBook, drawn: Change): Promise<void> {
    const change = drawn.kind === 'lot' ? { ...drawn, lot: this.#shiftedLot(drawn.lot) } : drawn
    const op = opOf(this.model, change, this.now, this.names)
    await book.command([op], rowsOf(op))
    this.model.change(change)
  }

  #shiftedLot<lot extends { readonly expiresAt: number }>(lot: lot): lot {
    return { ...lot, expiresAt: lot.expiresAt + this.#shiftMs }
  }

  async expire(book: LocalBook): Promise<void> {
    const expected = this.model.expire(this.now).reduce((sum, { nanos }) => sum + nanos, 0)
    assert.equal(await book.expire(this.names.team, () => ++this.#lastId), expected)
    if (expected > 0) seen.expired++
  }

  /** Of what streams: a task holds at once what it may cost. */
  async more(book: LocalBook, { which, nanos }: Extract<Act, { kind: 'more' }>): Promise<void> {
    const index = which % this.running.length
    const hold = this.running[index]
    if (!hold || hold.nanos === 0 || this.#task(hold.id) !== 'none') return
    const growth = this.model.more(hold.id, nanos, this.now)
    const grown = await book.more(hold, nanos)
    if (grown.kind === 'refused') {
      assert.deepEqual({ lack: lackOf(grown.why) }, growth)
      return
    }
    assert.deepEqual(grownTo(grown.hold), growth)
    this.running[index] = grown.hold
    seen.grown++
  }

  /** No request runs for more than a day, but a task may: a load knows what days later it gave back. */
  async step(book: LocalBook, ms: number): Promise<void> {
    const tooLong = this.running.findIndex(
      ({ id, at }) => this.#task(id) === 'none' && this.now + ms - at > DAY_MS,
    )
    if (tooLong < 0) this.now += ms
    else {
      await this.end(book, { kind: 'end', which: tooLong, ending: 'failed', price: 0, made: 0 })
      await this.step(book, ms)
    }
  }

  async ask(book: LocalBook, wanted: Extract<Act, { kind: 'ask' }>['request']): Promise<void> {
    const request = { ...wanted, id: ++this.#lastId }
    this.#requests.set(request.id, request)
    const verdict = this.model.ask(request, this.now)
    const labels = { resourceLabel: this.#label(request.id).id, modelLabel: 1 }
    const { team, member, subscription } = this.names
    const ask = { ...askOf(request, this.names), ...labels }
    const task = this.#task(request.id)
    const admitted = await book.admit(ask, request.seated ? subscription : null, ({ id, at }) =>
      task === 'none' ? [] : [{ sql: TASK, params: [id, id, team, member, at, at] }],
    )
    if (admitted.kind === 'refused') {
      assert.deepEqual(said(admitted.refusal), verdict)
      return
    }
    const { pool, units, parts } = admitted.op
    assert.deepEqual({ pool, units, parts: parts.map(({ account, nanos }) => ({ account, nanos })) }, verdict)
    this.running.push(admitted.op)
    if (task === 'at an engine')
      await book.command([], [{ sql: `update task set remote_id = 'x' where id = ?`, params: [request.id] }])
  }

  async end(book: LocalBook, act: EndAct): Promise<void> {
    const [hold] = this.running.splice(act.which % this.running.length, 1)
    if (!hold) return
    const { outcome, meant } = endOf(this.#requests.get(hold.id), hold, act)
    const { units } = this.model.end(hold.id, meant, this.now)
    if (this.now - hold.at > DAY_MS && units < hold.units) seen.long++
    const ended = { sql: 'update task set ended_at = ? where id = ?', params: [this.now, hold.id] }
    // The hold of a task is whichever object the book has, before a restart or after it.
    const held = book.openHold(hold.id) ?? hold
    await book.end(held, outcome, this.#task(hold.id) === 'none' ? undefined : [ended])
  }

  /** What the book itself counts, with what the tasks hold. */
  async compareHeld(book: LocalBook): Promise<void> {
    const { subscription, team } = this.names
    for (const { resource, windows } of (await book.meters(subscription, team)) ?? [])
      assert.ok(windows.every(({ heldUnits }) => heldUnits === this.model.heldUnits(resource)))
    const money = await book.money(team)
    assert.ok(money)
    compareMoney(money, this.model, this.now, this.names)
    const { members, walletSwitch, keyCaps } = this.model.rules
    assert.equal(money.walletSwitch.on, walletSwitch.on)
    assert.equal(money.walletSwitch.capNanos, walletSwitch.capNanos)
    for (const [who, { creditsAccess, overflow, capNanos }] of members.entries())
      assert.deepEqual(money.members.get(this.names.member + who), { creditsAccess, overflow, capNanos })
    const caps = keyCaps.map((_, secret) => money.keyCaps.get(secretsOf(this.names) + secret) ?? null)
    assert.deepEqual(caps, keyCaps)
  }

  async compareLoaded(): Promise<void> {
    for (const later of [0, 1, HOUR_MS, WINDOW_MS - 1, WINDOW_MS, DAY_MS, 8 * DAY_MS]) {
      const now = this.now + later
      const loaded = await readsSqlite(store).subscription(this.names.subscription, now)
      for (const { windows, entitlement } of loaded?.meters.values() ?? []) {
        const { resource } = entitlement
        assert.deepEqual(
          windows.map((window) => window.usedAt(now)),
          entitlement.quotas.map(({ rule }) => this.model.used(resource, rule, now)),
          `${resource} ${later} ms later`,
        )
      }
    }
    const team = await readsSqlite(store).team(this.names.team, 0)
    assert.ok(team)
    for (const account of [...this.model.lots, this.terms.wallet]) {
      const read: Account | undefined = [...team.lots, team.wallet].find(
        (candidate) => candidate.account === account.account,
      )
      assert.equal(read?.balanceNanos, this.model.balanceOf(account))
    }
  }
}

test('what is read back after any number of restarts is what the reference model says, and verify is clean', async () => {
  const restarts = fc.array(fc.nat(60), { maxLength: 4, size: 'max' })
  await fc.assert(
    fc.asyncProperty(scenes, acts, restarts, fc.boolean(), async (drawn, list, stops, slidingOnly) => {
      // How far back a load looks follows from the longest window of the plan, so the short ones are tried alone too.
      const scene = slidingOnly ? withSlidingOnly(drawn) : drawn
      const base = ++lives * 1_000_000
      const life = new Life(scene, base)
      let book = await life.open()
      await found(book, life.terms, life.names, life.now)
      for (const [index, act] of list.entries()) {
        if (stops.includes(index)) {
          await book.drain()
          book = await life.open()
          await life.compareHeld(book)
        }
        await life.act(book, act)
        if (index % 5 < 4) continue
        // Nobody asks for anything for a while, and what need not be in memory is read back.
        await book.drain()
        book.letIdleGo()
        book.letIdleGo()
        await life.compareHeld(book)
      }
      await book.drain()
      await life.compareLoaded()
      const open = life.running.length
      assert.deepEqual(wrongOf(await verify(store)), { wrong: [], openHolds: open })
      book = await life.open()
      await life.compareLoaded()
      await life.compareHeld(book)
      assert.deepEqual(wrongOf(await verify(store)), { wrong: [], openHolds: life.running.length })
      // What still runs ends now: all lives share one file.
      while (life.running.length > 0)
        await life.end(book, { kind: 'end', which: 0, ending: 'done', price: 1, made: 1 })
      await book.drain()
      await life.compareLoaded()
      assert.deepEqual(wrongOf(await verify(store)), { wrong: [], openHolds: 0 })
      firstAt = life.now + 40 * DAY_MS
    }),
    { numRuns: 90, endOnFailure: true, includeErrorInReport: true },
  )
  const { resumed, shared, long, grown, expired } = seen
  assert.ok(resumed > 10 && shared > 0 && long > 3 && grown > 20 && expired > 5, JSON.stringify(seen))
})

const TASK = `insert into task values (?, ?, ?, ?, 'video', 'm', 'u', null, 'Queueing', null, null, null, 0, '', null, '[]', ?, ?, null)`

function withSlidingOnly({ terms, ...scene }: Scene): Scene {
  const entitlements = terms.entitlements.filter(({ quotas }) =>
    quotas.every(({ rule }) => rule.kind === 'sliding'),
  )
  return { ...scene, terms: { ...terms, entitlements } }
}

function wrongOf({ checks, openHolds }: Awaited<ReturnType<typeof verify>>) {
  return { wrong: checks.filter(({ ok }) => !ok), openHolds }
}
