import assert from 'node:assert/strict'
import { apply } from '../../src/book/apply.ts'
import { type Ask, type Decision, decide } from '../../src/book/decide.ts'
import { operatorAccounts } from '../../src/book/ledger.ts'
import { type EndOp, type HoldOp, NO_TOKENS } from '../../src/book/op.ts'
import { type Outcome, settle } from '../../src/book/settle.ts'
import { monthOf, noSpending } from '../../src/book/spending.ts'
import { openMeters, type SubscriptionState, type TeamState } from '../../src/book/state.ts'
import { priceOf, ReferenceModel, type Request } from './reference-model.ts'
import { type EndAct, MEMBER, type Scene, SUBSCRIPTION, TEAM } from './scenes.ts'

/** One scene played through decide, apply and settle beside the reference model; every answer is compared. */
export class Play {
  readonly scene: Scene
  readonly model: ReferenceModel
  readonly subscription: SubscriptionState
  readonly team: TeamState
  readonly running: HoldOp[] = []
  readonly ended: EndOp[] = []
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
      meters: openMeters(terms.entitlements),
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
    this.#open()
  }

  #open(): void {
    const { terms, startsAt } = this.scene
    const common = { kind: 'fund', id: 1, at: startsAt, team: TEAM, source: operatorAccounts.cash } as const
    const takesPart = terms.creditsTakePart
    for (const { account, nanos, kind, expiresAt } of terms.lots) {
      apply(this.subjects, { ...common, account, nanos, lot: { kind, expiresAt } })
    }
    apply(this.subjects, { ...common, ...terms.wallet, lot: null })
    apply(this.subjects, {
      kind: 'access',
      at: startsAt,
      team: TEAM,
      member: MEMBER,
      creditsAccess: takesPart,
      overflow: takesPart,
      capNanos: null,
    })
  }

  get subjects() {
    return { subscription: this.subscription, team: this.team }
  }

  run(check: (play: Play) => void = () => undefined): this {
    for (const act of this.scene.acts) {
      if (act.kind === 'step') this.now += act.ms
      else if (act.kind === 'ask') this.ask(act.request)
      else this.end(act)
      this.compare()
      check(this)
    }
    return this
  }

  ask(wanted: Omit<Request, 'id'>): Decision {
    const request = { ...wanted, id: ++this.#lastId }
    const lefts = request.resource === null ? [] : this.model.lefts(request.resource, this.now)
    const decision = decide(this.subjects, askOf(request), this.now)
    const verdict = this.model.ask(request, this.now)
    if (decision.kind === 'refused') {
      assert.deepEqual({ why: decision.refusal.why }, verdict)
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
    apply(this.subjects, op)
    this.running.push(op)
    this.requests.set(op.id, request)
    return decision
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
    apply(this.subjects, op)
    this.ended.push(op)
  }

  /** Every window, every meter and every account, against sums over the model's list. */
  compare(): void {
    for (const [resource, meter] of this.subscription.meters) {
      const used = meter.windows.map((window) => window.usedAt(this.now))
      const expected = meter.entitlement.quotas.map(({ rule }) => this.model.used(resource, rule, this.now))
      assert.deepEqual(used, expected, `used of ${resource}`)
      assert.equal(meter.heldUnits, this.model.heldUnits(resource), `held of ${resource}`)
    }
    const { lots, wallet } = this.model.terms
    for (const account of [...lots, wallet]) {
      const state = [...this.team.lots, this.team.wallet].find(
        (candidate) => candidate.account === account.account,
      )
      const { balanceNanos, heldNanos } = state ?? {}
      assert.deepEqual(
        { balanceNanos, heldNanos },
        { balanceNanos: this.model.balanceOf(account), heldNanos: this.model.heldIn(account) },
      )
      assert.ok(
        balanceNanos !== undefined && heldNanos !== undefined && heldNanos >= 0 && balanceNanos >= heldNanos,
      )
    }
  }
}

export const SECRETS = { plan: 73, api: 74 } as const

/** The end of a request as the book is told, who prices what the plan did not pay, and as the model is. */
export function endOf(request: Request | undefined, hold: HoldOp, { ending, price, made }: EndAct) {
  assert.ok(request)
  const isText = request.crashUnits > 0
  const due = request.unitPrice ? priceOf(Math.max(0, made - hold.units), request.unitPrice) : price
  const outcome: Outcome = { ending, nanos: due, tokens: NO_TOKENS, ...(!isText && { madeUnits: made }) }
  return { outcome, meant: { ending, price, made: isText ? null : made } }
}

export function askOf(request: Request): Ask {
  return {
    ...request,
    team: TEAM,
    member: MEMBER,
    secret: SECRETS[request.keyKind],
    resourceLabel: 5,
    modelLabel: 6,
    priceVersion: 1,
  }
}
