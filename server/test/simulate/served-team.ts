import assert from 'node:assert/strict'
import { AssertionFault } from '../../src/assert.ts'
import type { Admitted, Book, Grown } from '../../src/book/book.ts'
import { BookDown } from '../../src/book/book-down.ts'
import type { CommandOp, HoldOp } from '../../src/book/op.ts'
import { foundingRows, labelOf, rowsOf } from '../book/founding.ts'
import type { Names } from '../book/names.ts'
import { askOf, compareMoney, endOf, grownTo, lackOf, opOf, opsOf, said } from '../book/play.ts'
import { ReferenceModel } from '../book/reference-model.ts'
import type { Change, Ending, Growth, Request, Terms, Verdict } from '../book/terms.ts'
import type { Random } from './random.ts'
import { changeOf, requestOf } from './teams.ts'

/** What the teams of a simulation share: the process that runs now, and what is known of its disk. */
export type Surroundings = {
  readonly random: Random
  readonly book: Book
  nextId(): number
  /** Keys of ops that are on the disk; see `keyOf`. */
  readonly durable: ReadonlySet<unknown>
  saw(what: string): void
  /** Errors of what nobody waits for. */
  check(act: () => void): void
}

type Callback = {
  readonly hold: number
  readonly number: number
  readonly ending: Ending
  readonly made: number
}
const ENDINGS = [
  'done',
  'done',
  'done',
  'failed',
  'client-left-before',
  'client-left-after',
  'cut-after',
  'money-ended',
] as const
const TASK = `insert into task values (?, ?, ?, ?, 'video', 'm', 'u', null, 'Queueing', null, null, null, 0, '', null, '[]', ?, ?, null)`

/** A team at the door of the book, beside its reference model; every answer is compared. */
export class ServedTeam {
  readonly names: Names
  readonly model: ReferenceModel
  readonly requests = new Map<number, Request>()
  running = new Map<number, HoldOp>()
  /** Its subjects are in memory, so that decisions are made at once. */
  isWarm = false
  isWarming = false
  /** Commands whose callers have not been told that they are durable. */
  unsure: { readonly change: Change; readonly op: CommandOp }[] = []
  #growing = new Set<number>()
  #ended: HoldOp[] = []
  #callbacks: Callback[] = []
  readonly #around: Surroundings

  constructor(names: Names, terms: Terms, around: Surroundings) {
    this.names = names
    this.model = new ReferenceModel(terms)
    this.#around = around
  }

  found(at: number): Promise<void> {
    const ops = opsOf(this.model.terms, at, this.names)
    return this.#book.command(ops, [
      ...foundingRows(this.model.terms, this.names, at),
      ...ops.flatMap(rowsOf),
    ])
  }

  get #book(): Book {
    return this.#around.book
  }

  /** Of the jobs that are no text three quarters are tasks. */
  isTask = (id: number) => this.requests.get(id)?.crashUnits === 0 && id % 4 !== 0

  ask(): void {
    const isSure = this.isWarm
    if (this.isWarming) return
    // Where the subjects are not in memory yet, the decision falls when they are; until then nothing else happens to them.
    this.isWarming = !isSure
    const request = isSure
      ? requestOf(this.#around.random, this.#around.nextId())
      : requestOf(this.#around.random, this.#around.nextId(), true)
    this.requests.set(request.id, request)
    let verdict: Verdict | undefined
    const judge = () => {
      if (verdict !== undefined) return
      verdict = this.model.ask(request, this.#book.now())
      this.isWarm = true
      this.isWarming = false
    }
    const { team, member, subscription } = this.names
    const ask = { ...askOf(request, this.names), resourceLabel: labelOf(request.resource), modelLabel: 1 }
    const answer = this.#book.admit(ask, request.seated ? subscription : null, ({ id, at }) => {
      judge()
      return this.isTask(id) ? [{ sql: TASK, params: [id, id, team, member, at, at] }] : []
    })
    if (isSure) judge()
    const { check } = this.#around
    const held = (admitted: Admitted) => {
      judge()
      this.#admitted(request, admitted, verdict)
    }
    const down = (error: unknown) => {
      this.isWarming = false
      assert.ok(error instanceof BookDown, String(error))
      this.#around.saw('request refused by a book that is down')
    }
    void answer.then(
      (admitted) => check(() => held(admitted)),
      (error) => check(() => down(error)),
    )
  }

  #admitted(request: Request, admitted: Admitted, verdict: Verdict | undefined): void {
    if (admitted.kind === 'refused') {
      assert.deepEqual(said(admitted.refusal), verdict)
      this.#around.saw('refused')
      return
    }
    const { pool, units, parts } = admitted.op
    assert.deepEqual({ pool, units, parts: parts.map(({ account, nanos }) => ({ account, nanos })) }, verdict)
    assert.ok(this.#around.durable.has(`hold ${request.id}`), 'what was answered is on the disk')
    this.#around.saw('held')
    this.running.set(request.id, admitted.op)
    if (this.isTask(request.id) && !this.#around.random.once(4)) this.#takeOn(admitted.op)
  }

  /** An engine takes a task on, and will call back, perhaps more than once. */
  #takeOn({ id }: HoldOp): void {
    const { random, check } = this.#around
    const written = this.#book.command(
      [],
      [{ sql: `update task set remote_id = 'x' where id = ?`, params: [id] }],
    )
    void written.then(
      () => {
        for (let number = random.below(3); number >= 0; number--)
          this.#callbacks.push({
            hold: id,
            number,
            ending: random.of(['done', 'failed']),
            made: random.between(0, 9),
          })
      },
      (error) => check(() => assert.ok(error instanceof BookDown, String(error))),
    )
  }

  /** Engines call back late, twice and in any order. */
  callBack(): boolean {
    const { random } = this.#around
    const callback = this.#callbacks.splice(random.below(Math.max(1, this.#callbacks.length)), 1)[0]
    if (!callback) return false
    if (this.#callbacks.some(({ hold, number }) => hold === callback.hold && number > callback.number))
      this.#around.saw('reordered callback')
    const hold = this.#book.openHold(callback.hold)
    if (hold) this.#end(hold, callback.ending, callback.made)
    else {
      this.#around.saw('doubled or late callback')
      assert.equal(this.#book.isOpen(callback.hold), false)
    }
    return true
  }

  end(): boolean {
    const holds = [...this.running.values()]
    if (holds.length === 0) return false
    const hold = this.#around.random.of(holds)
    if (this.#growing.has(hold.id)) {
      this.#endTooEarly(hold)
      return true
    }
    this.#end(
      this.#book.openHold(hold.id) ?? hold,
      this.#around.random.of(ENDINGS),
      this.#around.random.between(0, 9),
    )
    return true
  }

  /** The same end again: of this process, or of one that is gone. */
  endAgain(): boolean {
    // A task whose end was lost in a crash runs again.
    const ended = this.#ended.filter(({ id }) => !this.#book.isOpen(id))
    if (ended.length === 0) return false
    this.#around.saw('doubled or late end')
    this.#refusedEnd(this.#around.random.of(ended))
    return true
  }

  #endTooEarly(hold: HoldOp): void {
    this.#around.saw('end while a slice is being written')
    this.#refusedEnd(hold)
  }

  #refusedEnd(hold: HoldOp): void {
    const { outcome } = endOf(this.requests.get(hold.id), hold, {
      kind: 'end',
      which: 0,
      ending: 'done',
      price: 1,
      made: 1,
    })
    assert.throws(() => this.#book.end(hold, outcome), AssertionFault)
  }

  #end(hold: HoldOp, ending: Ending, made: number): void {
    const at = Math.max(this.#book.now(), hold.at)
    const price = this.#around.random.between(0, 20)
    const { outcome, meant } = endOf(this.requests.get(hold.id), hold, {
      kind: 'end',
      which: 0,
      ending,
      price,
      made,
    })
    this.model.end(hold.id, meant, at)
    const rows = [{ sql: 'update task set ended_at = ? where id = ?', params: [at, hold.id] }]
    const written = this.#book.end(hold, outcome, this.isTask(hold.id) ? rows : undefined)
    this.running.delete(hold.id)
    this.#ended.push(hold)
    if (this.#around.random.once(5)) this.endAgain()
    this.#around.saw('ended')
    const { check, durable } = this.#around
    void written?.then(
      () =>
        check(() =>
          assert.ok(durable.has(`end ${hold.id}`), 'an end with money is on the disk when it is told'),
        ),
      (error) => check(() => assert.ok(error instanceof BookDown, String(error))),
    )
  }

  /** Slice by slice, what streams; a task holds at once what it may cost. */
  more(): boolean {
    const holds = [...this.running.values()].filter(
      ({ id, nanos }) => nanos > 0 && !this.isTask(id) && !this.#growing.has(id),
    )
    if (holds.length === 0 || !this.isWarm) return false
    const hold = this.#around.random.of(holds)
    const nanos = this.#around.random.between(0, 9)
    const growth = this.model.more(hold.id, nanos, this.#book.now())
    this.#growing.add(hold.id)
    const { check } = this.#around
    const answer = this.#book.more(hold, nanos)
    if ('parts' in growth && this.#around.random.once(3)) this.#endTooEarly(hold)
    void answer.then(
      (grown) => check(() => this.#grown(hold, grown, growth)),
      (error) => {
        this.#growing.delete(hold.id)
        check(() => assert.ok(error instanceof BookDown, String(error)))
      },
    )
    return true
  }

  #grown(hold: HoldOp, grown: Grown, growth: Growth): void {
    this.#growing.delete(hold.id)
    if (grown.kind === 'refused') {
      assert.deepEqual({ lack: lackOf(grown.why) }, growth)
      this.#around.saw('slice refused')
      return
    }
    assert.deepEqual(grownTo(grown.hold), growth)
    const key = `slice ${hold.id} ${grown.hold.slices}`
    assert.ok(grown.hold.nanos === hold.nanos || this.#around.durable.has(key), 'a slice is on the disk')
    this.#around.saw('slice held')
    this.running.set(hold.id, grown.hold)
  }

  /** One at a time, and on subjects that are in memory. */
  change(): boolean {
    if (!this.isWarm || this.unsure.length > 0) return false
    const change = changeOf(this.#around.random, this.#book.now())
    const op = opOf(this.model, change, this.#book.now(), this.names)
    const known = { change, op }
    this.unsure.push(known)
    const { check, durable, saw } = this.#around
    void this.#book.command([op], rowsOf(op)).then(
      () =>
        check(() => {
          assert.ok(durable.has(op), 'a command is on the disk when it is told')
          this.model.change(change)
          this.unsure = this.unsure.filter((other) => other !== known)
          saw('changed')
        }),
      (error) =>
        check(() => {
          assert.ok(error instanceof BookDown, String(error))
          // If it is on the disk all the same, nothing else will be before the next start.
          if (!durable.has(op)) this.unsure = this.unsure.filter((other) => other !== known)
        }),
    )
    return true
  }

  expire(): boolean {
    if (!this.isWarm) return false
    const expected = this.model.expire(this.#book.now()).reduce((sum, { nanos }) => sum + nanos, 0)
    const { check, saw } = this.#around
    void this.#book
      .expire(this.names.team, () => this.#around.nextId())
      .then(
        (nanos) =>
          check(() => {
            assert.equal(nanos, expected)
            saw(nanos > 0 ? 'lots expired' : 'nothing expired')
          }),
        (error) => check(() => assert.ok(error instanceof BookDown, String(error))),
      )
    return true
  }

  /** The process is gone; whom it owed an answer gets none. */
  crashed(): void {
    this.isWarm = false
    this.isWarming = false
    this.#growing = new Set()
    this.#ended = [...this.#ended.slice(-20), ...this.running.values()]
    this.running = new Map()
  }

  /** What the book says is left, against sums over the model's list. */
  async compare(): Promise<void> {
    if (!this.isWarm) return
    const now = this.#book.now()
    const { subscription, team } = this.names
    for (const { resource, windows } of (await this.#book.meters(subscription, team)) ?? []) {
      const used = windows.map(({ rule }) => this.model.used(resource, rule, now))
      assert.deepEqual(
        windows.map(({ usedUnits }) => usedUnits),
        used,
        `used of ${resource}`,
      )
      assert.ok(
        windows.every(({ heldUnits }) => heldUnits === this.model.heldUnits(resource)),
        `held of ${resource}`,
      )
    }
    const money = await this.#book.money(team)
    assert.ok(money)
    compareMoney(money, this.model, now, this.names)
  }
}
