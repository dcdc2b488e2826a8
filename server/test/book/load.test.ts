import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { after, before } from 'node:test'
import fc from 'fast-check'
import { journalSqlite } from '../../src/book/journal-sqlite.ts'
import { operatorAccounts } from '../../src/book/ledger.ts'
import { LocalBook } from '../../src/book/local-book.ts'
import type { FundOp, HoldOp } from '../../src/book/op.ts'
import { readsSqlite } from '../../src/book/reads-sqlite.ts'
import type { Account } from '../../src/book/state.ts'
import { verify } from '../../src/book/verify.ts'
import { migrate } from '../../src/store/migrate.ts'
import { openSqlite, type Store } from '../../src/store/sqlite.ts'
import { openOperatorAccounts } from '../../src/teams/found.ts'
import { askOf, endOf, SECRETS } from './play.ts'
import { ReferenceModel, type Request, type Terms } from './reference-model.ts'
import {
  type Act,
  acts,
  DAY_MS,
  type EndAct,
  HOUR_MS,
  type Scene,
  scenes,
  WALLET,
  WINDOW_MS,
} from './scenes.ts'

/** The book on its real journal: what is read back after a restart is what the reference model says. */

const folder = mkdtempSync(path.join(tmpdir(), 'tokenplan-load-'))
const resources = ['text', 'image', 'song', 'search', 'video']
let store: Store
let lives = 0
let firstAt = Date.UTC(2026, 9, 24, 20)
const seen = { resumed: 0, shared: 0, long: 0 }

before(async () => {
  store = await openSqlite(path.join(folder, 'tokenplan.db'))
  await migrate(store)
  const labels = resources.map((name, index) => ({
    sql: 'insert into label values (?, ?)',
    params: [index + 1, name],
  }))
  const secrets = Object.entries(SECRETS).map(([kind, id]) => ({
    sql: `insert into secret values (?, ?, ?, 1, 1, '', '', '', 1, null, null)`,
    params: [id, kind, kind],
  }))
  await store.job([...openOperatorAccounts(), ...labels, ...secrets])
})

after(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

/** All lives share one file, so each has ids and a time of its own. */
function shifted({ terms, startsAt }: Scene, base: number): Terms {
  const by = firstAt - startsAt
  return {
    ...terms,
    endsAt: terms.endsAt && terms.endsAt + by,
    lots: terms.lots.map((lot) => ({ ...lot, account: lot.account + base, expiresAt: lot.expiresAt + by })),
    wallet: { ...terms.wallet, account: WALLET + base },
    entitlements: terms.entitlements.map((entitlement) => {
      const { promotion, ...rest } = entitlement
      const endsAt = promotion?.endsAt ? promotion.endsAt + by : null
      return promotion ? { ...rest, promotion: { ...promotion, endsAt } } : rest
    }),
  }
}

async function found(book: LocalBook, terms: Terms, base: number, at: number): Promise<void> {
  const takesPart = terms.creditsTakePart
  const common = { kind: 'fund', at, team: base, source: operatorAccounts.cash } as const
  const funds: FundOp[] = [
    ...terms.lots.map(({ account, nanos, kind, expiresAt }) => ({
      ...common,
      id: account,
      account,
      nanos,
      lot: { kind, expiresAt },
    })),
    { ...common, ...terms.wallet, id: terms.wallet.account, lot: null },
  ]
  await book.command(funds, [
    ...[...terms.lots, terms.wallet].map(({ account }) => ({
      sql: 'insert into account values (?, ?, ?, 0)',
      params: [account, account === terms.wallet.account ? 'wallet' : 'lot', base],
    })),
    ...terms.lots.map(({ account, kind, nanos, expiresAt }) => ({
      sql: 'insert into lot values (?, ?, ?, ?, ?, ?)',
      params: [account, base, kind, nanos, at, expiresAt],
    })),
    {
      sql: `insert into member values (?, ?, ?, 'owner', ?, ?, ?, null)`,
      params: [base, base, base, takesPart, takesPart, at],
    },
    {
      sql: `insert into subscription values (?, ?, 'max', 'Max', 'test', 1, 0, 'month', ?, ?, ?)`,
      params: [base, base, JSON.stringify(terms.entitlements), at, terms.endsAt],
    },
  ])
}

class Life {
  readonly base: number
  readonly terms: Terms
  readonly model: ReferenceModel
  readonly journal = journalSqlite(store)
  readonly #requests = new Map<number, Request>()
  running: HoldOp[] = []
  now = firstAt
  #lastId: number

  constructor(scene: Scene, base: number) {
    this.base = base
    this.#lastId = base
    this.terms = shifted(scene, base)
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
      if (hold.pool === 'plan+credits') seen.shared++
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
    return { id: resources.indexOf(name) + 1, name }
  }

  async act(book: LocalBook, act: Act): Promise<void> {
    if (act.kind === 'step') await this.step(book, act.ms)
    else if (act.kind === 'ask') await this.ask(book, act.request)
    else await this.end(book, act)
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
    const ask = { ...askOf(request), ...labels, team: this.base, member: this.base }
    const task = this.#task(request.id)
    const admitted = await book.admit(ask, this.base, ({ id, at }) =>
      task === 'none' ? [] : [{ sql: TASK, params: [id, id, this.base, this.base, at, at] }],
    )
    if (admitted.kind === 'refused') {
      assert.deepEqual({ why: admitted.refusal.why }, verdict)
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
    for (const { resource, windows } of (await book.meters(this.base, this.base)) ?? [])
      assert.ok(windows.every(({ heldUnits }) => heldUnits === this.model.heldUnits(resource)))
    const team = await book.money(this.base)
    for (const account of team ? [...team.lots, team.wallet] : [])
      assert.equal(account.heldNanos, this.model.heldIn({ account: account.account, nanos: 0 }))
  }

  async compareLoaded(): Promise<void> {
    for (const later of [0, 1, HOUR_MS, WINDOW_MS - 1, WINDOW_MS, DAY_MS, 8 * DAY_MS]) {
      const now = this.now + later
      const loaded = await readsSqlite(store).subscription(this.base, now)
      for (const [resource, { windows, entitlement }] of loaded?.meters ?? []) {
        assert.deepEqual(
          windows.map((window) => window.usedAt(now)),
          entitlement.quotas.map(({ rule }) => this.model.used(resource, rule, now)),
          `${resource} ${later} ms later`,
        )
      }
    }
    const team = await readsSqlite(store).team(this.base, 0)
    assert.ok(team)
    for (const account of [...this.terms.lots, this.terms.wallet]) {
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
      await found(book, life.terms, base, life.now)
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
  assert.ok(seen.resumed > 10 && seen.shared > 0 && seen.long > 3, JSON.stringify(seen))
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
