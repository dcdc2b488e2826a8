import assert from 'node:assert/strict'
import { apply } from '../../src/book/apply.ts'
import { type Ask, type Decision, decide, decideMore } from '../../src/book/decide.ts'
import { operatorAccounts } from '../../src/book/ledger.ts'
import { breakage } from '../../src/book/lots.ts'
import { type CommandOp, type EndOp, type HoldOp, NO_TOKENS, type Op } from '../../src/book/op.ts'
import { isCapped, type NoMoney, type Refusal } from '../../src/book/refusal.ts'
import { type Outcome, settle } from '../../src/book/settle.ts'
import { monthOf, noSpending, turnTo } from '../../src/book/spending.ts'
import { Meters, type SubscriptionState, type TeamState } from '../../src/book/state.ts'
import { NAMES, SUBSCRIPTION, secretsOf, TEAM } from './names.ts'
import { ReferenceModel } from './reference-model.ts'
import type { Act, EndAct, Scene } from './scenes.ts'
import {
  type Change,
  type Growth,
  type Lack,
  MEMBERS,
  type Money,
  priceOf,
  type Request,
  secretOf,
  type Terms,
  type Verdict,
} from './terms.ts'

/** One scene played through decide, apply and settle beside the reference model; every answer is compared. */
export class Play {
  readonly scene: Scene
  readonly model: ReferenceModel
  readonly subscription: SubscriptionState
  readonly team: TeamState
  readonly running: HoldOp[] = []
  readonly ended: EndOp[] = []
  /** Everything that was applied since the beginning. */
  readonly ops: Op[] = []
  readonly requests = new Map<number, Request>()
  now: number
  #lastId = 0

  constructor(scene: Scene) {
    const { terms } = scene
    this.scene = scene
    this.now = scene.startsAt
    this.model = new ReferenceModel(terms)
    this.subscription = {
      id: SUBSCRIPTION,
      team: TEAM,
      planName: 'Max',
      endsAt: terms.endsAt,
      meters: new Meters(terms.entitlements),
    }
    this.team = {
      id: TEAM,
      lots: [],
      wallet: { account: terms.wallet.account, balanceNanos: 0, heldNanos: 0 },
      walletSwitch: { on: false, capNanos: null },
      members: new Map(),
      keyCaps: new Map(),
      spending: noSpending(monthOf(scene.startsAt)),
    }
    for (const op of opsOf(terms, scene.startsAt)) apply(this.subjects, op)
  }

  get subjects() {
    return { subscription: this.subscription, team: this.team }
  }

  run(check: (play: Play) => void = () => undefined): this {
    for (const act of this.scene.acts) {
      if (act.kind === 'step') this.now += act.ms
      else this.act(act)
      this.compare()
      check(this)
    }
    return this
  }

  act(act: Exclude<Act, { kind: 'step' }>): void {
    if (act.kind === 'ask') this.ask(act.request)
    else if (act.kind === 'end') this.end(act)
    else if (act.kind === 'more') this.more(act)
    else if (act.kind === 'expire') this.expire()
    else {
      this.#apply(opOf(this.model, act, this.now))
      this.model.change(act)
    }
  }

  #apply(op: Op): void {
    apply(this.subjects, op)
    this.ops.push(op)
  }

  ask(wanted: Omit<Request, 'id'>): Decision {
    const request = { ...wanted, id: ++this.#lastId }
    const lefts = request.resource === null ? [] : this.model.lefts(request.resource, this.now)
    const subscription = request.seated ? this.subscription : null
    const decision = decide({ ...this.subjects, subscription }, askOf(request), this.now)
    const verdict = this.model.ask(request, this.now)
    if (decision.kind === 'refused') {
      assert.deepEqual(said(decision.refusal), verdict)
      return decision
    }
    const { op } = decision
    const parts = op.parts.map(({ account, nanos }) => ({ account, nanos }))
    assert.deepEqual({ pool: op.pool, units: op.units, parts }, verdict)
    if (op.subscription !== 0) {
      assert.ok(op.usedUnits + op.units <= op.limitUnits, 'used + held + asked is within the limit')
      assert.equal(op.limitUnits - op.usedUnits, Math.min(...lefts), 'the tightest window')
    }
    assert.equal(
      op.nanos,
      op.parts.reduce((sum, { nanos }) => sum + nanos, 0),
    )
    for (const part of op.parts) assert.ok(part.nanos > 0 && part.nanos <= part.availableNanos)
    this.#apply(op)
    this.running.push(op)
    this.requests.set(op.id, request)
    return decision
  }

  more({ which, nanos }: Extract<Act, { kind: 'more' }>): void {
    const index = which % this.running.length
    const hold = this.running[index]
    if (!hold || hold.nanos === 0) return
    const decision = decideMore(this.team, hold, nanos, this.now)
    const growth = this.model.more(hold.id, nanos, this.now)
    if (decision.kind === 'refused') {
      assert.deepEqual({ lack: lackOf(decision.why) }, growth)
      return
    }
    assert.deepEqual(grownTo(decision.hold), growth)
    this.#apply(decision.op)
    this.running[index] = decision.hold
  }

  expire(): void {
    const ops = breakage(this.team, this.now, () => ++this.#lastId)
    assert.deepEqual(
      ops.map(({ account, nanos }) => ({ account, nanos })).sort(byAccount),
      this.model.expire(this.now).sort(byAccount),
    )
    for (const op of ops) this.#apply(op)
  }

  end(act: EndAct): void {
    const [hold] = this.running.splice(act.which % this.running.length, 1)
    if (!hold) return
    const { outcome, meant } = endOf(this.requests.get(hold.id), hold, act)
    const op = settle(hold, outcome, this.now)
    const { madeUnits, units, absorbedNanos } = op
    const charges = op.charges.map(({ account, nanos }) => ({ account, nanos }))
    assert.deepEqual(
      { at: op.at, madeUnits, units, charges, absorbedNanos },
      this.model.end(hold.id, meant, this.now),
    )
    this.#apply(op)
    this.ended.push(op)
  }

  /** Every window, every meter and every account, against sums over the model's list. */
  compare(): void {
    for (const meter of this.subscription.meters.values()) {
      const { resource } = meter.entitlement
      const used = meter.windows.map((window) => window.usedAt(this.now))
      const expected = meter.entitlement.quotas.map(({ rule }) => this.model.used(resource, rule, this.now))
      assert.deepEqual(used, expected, `used of ${resource}`)
      assert.equal(meter.heldUnits, this.model.heldUnits(resource), `held of ${resource}`)
    }
    compareMoney(this.team, this.model, this.now)
  }
}

/** Every account, and what was spent in the month, against sums over the model's list. */
export function compareMoney(team: TeamState, model: ReferenceModel, now: number, names = NAMES): void {
  for (const account of [...model.lots, model.terms.wallet]) {
    const state = [...team.lots, team.wallet].find((candidate) => candidate.account === account.account)
    const { balanceNanos, heldNanos } = state ?? {}
    assert.deepEqual(
      { account: account.account, balanceNanos, heldNanos },
      {
        account: account.account,
        balanceNanos: model.balanceOf(account),
        heldNanos: model.heldIn(account),
      },
    )
    assert.ok(
      balanceNanos !== undefined && heldNanos !== undefined && heldNanos >= 0 && balanceNanos >= heldNanos,
    )
  }
  const spending = structuredClone(team.spending)
  turnTo(spending, monthOf(now))
  const { members, secrets, overflowNanos } = spending
  assert.equal(overflowNanos, model.overflowed(now), 'overflowed to the wallet')
  for (let who = 0; who < MEMBERS; who++)
    assert.equal(members.get(names.member + who) ?? 0, model.spentBy(who, now), `spent by member ${who}`)
  for (let secret = 0; secret < 2 * MEMBERS; secret++)
    assert.equal(
      secrets.get(secretsOf(names) + secret) ?? 0,
      model.spentWith(secret, now),
      `with secret ${secret}`,
    )
}

/** The commands that make a team what its terms say. */
export function opsOf(terms: Terms, at: number, names = NAMES): CommandOp[] {
  const { members, walletSwitch, keyCaps } = terms.rules
  const team = names.team
  const money = { kind: 'fund', at, team, source: operatorAccounts.cash } as const
  return [
    ...terms.lots.map(({ account, nanos, kind, expiresAt }) => ({
      ...money,
      ...{ id: account, account, nanos, lot: { kind, expiresAt } },
    })),
    { ...money, ...terms.wallet, id: terms.wallet.account, lot: null },
    { kind: 'switch', at, team, ...walletSwitch },
    ...members.map((access, who) => ({
      ...{ kind: 'access' as const, at, team, member: names.member + who },
      ...access,
    })),
    ...keyCaps.map((capNanos, secret) => ({
      ...{ kind: 'key-cap' as const, at, team, secret: secretsOf(names) + secret },
      capNanos,
    })),
  ]
}

/** The command that makes a change; asked for before the model has it. */
export function opOf({ terms, lots }: ReferenceModel, change: Change, at: number, names = NAMES): CommandOp {
  const { team } = names
  const money = { kind: 'fund', at, team, source: operatorAccounts.cash } as const
  const wallet = terms.wallet.account
  switch (change.kind) {
    case 'top-up':
      return { ...money, id: wallet, account: wallet, nanos: change.nanos, lot: null }
    case 'lot': {
      const { nanos, ...lot } = change.lot
      const account = wallet + 1 + lots.length
      return { ...money, id: account, account, nanos, lot }
    }
    case 'access': {
      const { who, ...access } = change
      return { ...access, at, team, member: names.member + who }
    }
    case 'switch':
      return { ...change, at, team }
    case 'key-cap': {
      const { secret, ...cap } = change
      return { ...cap, at, team, secret: secretsOf(names) + secret }
    }
  }
}

/** A refusal in the model's words. */
export function said(refusal: Refusal): Verdict {
  const { why } = refusal
  if (why === 'window-empty') return { why, lack: lackOf(refusal.credits) }
  if (why === 'cap-reached') return { why, lack: refusal.capped.cap }
  return { why, lack: 'shortage' in refusal ? 'short' : null }
}

export function lackOf(why: NoMoney): Lack {
  return typeof why === 'string' ? why : isCapped(why) ? why.cap : 'short'
}

/** What a hold has grown to, in the model's words. */
export function grownTo({ pool, parts }: HoldOp): Growth {
  return { pool, parts: parts.map(({ account, nanos }) => ({ account, nanos })) }
}

function byAccount(a: Money, b: Money): number {
  return a.account - b.account
}

/** The end of a request as the book is told, who prices what the plan did not pay, and as the model is. */
export function endOf(request: Request | undefined, hold: HoldOp, { ending, price, made }: EndAct) {
  assert.ok(request)
  const isText = request.crashUnits > 0
  const due = request.unitPrice ? priceOf(Math.max(0, made - hold.units), request.unitPrice) : price
  const outcome: Outcome = { ending, nanos: due, tokens: NO_TOKENS, ...(!isText && { madeUnits: made }) }
  return { outcome, meant: { ending, price, made: isText ? null : made } }
}

export function askOf({ who, seated, ...request }: Request, names = NAMES): Ask {
  return {
    ...request,
    team: names.team,
    member: names.member + who,
    secret: secretsOf(names) + secretOf({ who, keyKind: request.keyKind }),
    resourceLabel: 5,
    modelLabel: 6,
    priceVersion: 1,
  }
}
