import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { apply } from '../../src/book/apply.ts'
import type { Batch, Journal } from '../../src/book/journal-sqlite.ts'
import { LocalBook } from '../../src/book/local-book.ts'
import { burnOrder } from '../../src/book/lots.ts'
import type { Op } from '../../src/book/op.ts'
import type { Reads } from '../../src/book/reads-sqlite.ts'
import { monthOf, noSpending } from '../../src/book/spending.ts'
import { Meters, type SubscriptionState, type TeamState } from '../../src/book/state.ts'
import { MEMBER, SECRET, SUBSCRIPTION, TEAM } from './names.ts'
import type { Terms } from './terms.ts'

/** A journal in memory that takes a turn of the event loop, and fails when told to. */
export class MemoryJournal implements Journal {
  readonly batches: Batch[] = []
  readonly attempts: Batch[] = []
  /** Writes that fail from now on. */
  failures = 0
  /** Called in the turn in which a batch is lost, before the book hears of it. */
  onLost: (ops: readonly Op[]) => void = () => undefined
  /** While set, a write does not end before it resolves. */
  gate: Promise<void> | undefined

  async write(batch: Batch): Promise<void> {
    this.attempts.push(batch)
    await turn()
    await this.gate
    if (this.failures > 0) {
      this.failures--
      this.onLost(batch.ops)
      throw new Error('disk full')
    }
    this.batches.push(batch)
  }

  async sweep(): Promise<number> {
    return 0
  }

  ops<kind extends Op['kind']>(kind: kind): Extract<Op, { kind: kind }>[] {
    return this.batches.flatMap(({ ops }) => ops).filter((op) => op.kind === kind) as Extract<
      Op,
      { kind: kind }
    >[]
  }
}

/** The subjects of a scene as if they had been read from disk. */
export function readsOf(terms: Terms): Reads {
  const money = ({ account, nanos }: { account: number; nanos: number }) => ({
    account,
    balanceNanos: nanos,
    heldNanos: 0,
  })
  return {
    async subscription(id) {
      if (id !== SUBSCRIPTION) return null
      return { id, team: TEAM, planName: 'Max', endsAt: terms.endsAt, meters: new Meters(terms.entitlements) }
    },
    async team(id, now) {
      if (id !== TEAM) return null
      const { members, walletSwitch, keyCaps } = terms.rules
      const lots = terms.lots
        .map((lot) => ({ ...money(lot), kind: lot.kind, expiresAt: lot.expiresAt }))
        .sort(burnOrder)
      return {
        id,
        lots,
        wallet: money(terms.wallet),
        walletSwitch: { ...walletSwitch },
        members: new Map(members.map((access, who) => [MEMBER + who, { ...access }])),
        keyCaps: new Map(
          keyCaps.flatMap((cap, secret) => (cap === null ? [] : [[SECRET + secret, cap] as const])),
        ),
        spending: noSpending(monthOf(now)),
      }
    },
    lastBatch: async () => 0,
    cost: async () => null,
    openHolds: async () => [],
    last: async () => ({ id: 0, at: 0 }),
  }
}

/** What is on that disk now, made again from what was there first and the ops that were written since. */
export function replayedReads(terms: Terms, journal: MemoryJournal) {
  const first = readsOf(terms)
  const replay = (subscription: SubscriptionState | null, team: TeamState | null) => {
    for (const { ops } of journal.batches) for (const op of ops) apply({ subscription, team }, op)
    const meters = [...(subscription?.meters.values() ?? [])]
    const held = [
      ...meters.map(({ heldUnits }) => heldUnits),
      ...(team?.lots ?? []).map((lot) => lot.heldNanos),
    ]
    assert.ok(
      held.every((amount) => amount === 0),
      'what is read from disk has no open holds',
    )
  }
  const loads = { count: 0 }
  const reads: Reads = {
    ...first,
    async subscription(id, now) {
      loads.count++
      const state = await first.subscription(id, now)
      replay(state, null)
      return state
    },
    async team(id, now) {
      loads.count++
      const state = await first.team(id, now)
      replay(null, state)
      return state
    },
  }
  return { reads, loads }
}

export async function openBook(
  terms: Terms,
  planNow: () => number,
  journal = new MemoryJournal(),
  reads = readsOf(terms),
) {
  const { book } = await LocalBook.open(journal, reads, planNow)
  return { book, journal }
}

export { turn }
