import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { entriesOf, operatorAccounts } from '../../src/book/ledger.ts'
import { Play } from './play.ts'
import { scenes } from './scenes.ts'
import { plainRules } from './terms.ts'

test('every decision, every ending and every balance is the reference model’s', () => {
  fc.assert(
    fc.property(scenes, (scene) => void new Play(scene).run()),
    { numRuns: 500 },
  )
})

test('a refusal by an empty window names the first instant at which the request fits, to the millisecond', () => {
  let refusals = 0
  const everFits = (play: Play, resource: string, units: number, at: number) =>
    play.model.lefts(resource, at).every((left) => left >= units)
  fc.assert(
    fc.property(scenes, (scene) => {
      const play = new Play({ ...scene, terms: { ...scene.terms, rules: plainRules(false) } })
      for (const act of scene.acts) {
        if (act.kind === 'step') play.now += act.ms
        if (act.kind === 'end') play.end(act)
        const { resource, units } = act.kind === 'ask' ? act.request : { resource: null, units: 0 }
        const decision = act.kind === 'ask' ? play.ask(act.request) : undefined
        // The end of a promotion changes the limit meanwhile.
        if (decision?.kind !== 'refused' || decision.refusal.why !== 'window-empty' || resource === 'song')
          continue
        const { nextFreeAt, usedUnits, limitUnits } = decision.refusal.window
        refusals++
        if (nextFreeAt === Number.POSITIVE_INFINITY) {
          assert.ok(units > limitUnits)
          continue
        }
        assert.ok(usedUnits + units > limitUnits)
        assert.ok(everFits(play, resource ?? '', units, nextFreeAt))
        assert.ok(!everFits(play, resource ?? '', units, nextFreeAt - 1))
      }
    }),
    { numRuns: 300 },
  )
  assert.ok(refusals > 300, `only ${refusals} refusals were looked at`)
})

test('all entries of a life sum to zero, and every account is the sum of its entries', () => {
  fc.assert(
    fc.property(scenes, (scene) => {
      const play = new Play(scene).run()
      const sums = new Map<number, number>()
      for (const op of play.ops) {
        const entries = entriesOf(op)
        assert.equal(
          entries.reduce((sum, { nanos }) => sum + nanos, 0),
          0,
        )
        const owner = op.kind === 'end' ? op.hold.id : 'id' in op ? op.id : 0
        assert.ok(entries.every(({ tx, nanos }) => tx === owner && nanos !== 0))
        for (const { account, nanos } of entries) sums.set(account, (sums.get(account) ?? 0) + nanos)
      }
      for (const account of [...play.model.lots, scene.terms.wallet]) {
        const opened =
          scene.terms.lots.some((lot) => lot === account) || account === scene.terms.wallet
            ? account.nanos
            : 0
        assert.equal(opened + (sums.get(account.account) ?? 0), play.model.balanceOf(account))
      }
      assert.equal(0 - (sums.get(operatorAccounts.absorbed) ?? 0), play.model.absorbed())
    }),
    { numRuns: 200 },
  )
})
