import assert from 'node:assert/strict'
import { verify } from '../../src/book/verify.ts'
import type { ServedTeam } from './served-team.ts'
import type { Simulation } from './simulation.ts'

/** What must hold at every moment, judged by the disk alone. */
export async function prove(simulation: Simulation): Promise<void> {
  const { checks } = await verify(simulation.disk.outside)
  assert.deepEqual(
    checks.filter(({ ok }) => !ok),
    [],
    'the books are right',
  )
}

type Ended = { readonly hold: number; readonly at: number; readonly ending: number }

/** After a start: the model is told what was on the disk, and what is there must be what was answered, and no more. */
export async function reconcile(simulation: Simulation): Promise<void> {
  const { disk, durable, sweepsAt } = simulation
  const ends = await disk.outside.read(
    'select hold, at, ending, units, nanos, absorbed_nanos, made_units from hold_end',
  )
  const endOf = new Map(ends.map((row) => [Number(row.hold), row]))
  for (const team of simulation.teams) {
    restore(team, durable)
    team.model.keepExpiries(simulation.expiries.filter((op) => op.team === team.names.team))
    for (const { id, end } of team.model.holds) {
      const row = endOf.get(id)
      if (end || !row) continue
      const { at, ending } = row as Ended
      assert.equal(ending, 6, `hold ${id} has an end that nobody gave it`)
      assert.ok(
        sweepsAt.some((sweptAt) => at === sweptAt || sweptAt < at),
        'swept at a start',
      )
      team.model.end(id, { ending: 'crashed', price: 0, made: null }, at)
      durable.add(`end ${id}`)
      simulation.saw('swept')
    }
    for (const { id, end } of team.model.holds) {
      const row = endOf.get(id)
      const nanos = end?.charges.reduce((sum, charge) => sum + charge.nanos, 0)
      const told = end && {
        at: end.at,
        units: end.units,
        nanos,
        absorbed: end.absorbedNanos,
        made: end.madeUnits,
      }
      const kept = row && {
        at: row.at,
        units: row.units,
        nanos: row.nanos,
        absorbed: row.absorbed_nanos,
        made: row.made_units,
      }
      assert.deepEqual(kept ?? null, told, `the end of hold ${id}`)
      if (end) continue
      // Only a task that an engine works on goes on.
      const hold = simulation.book.openHold(id)
      assert.ok(hold && team.isTask(id), `hold ${id} has no end after a start`)
      team.running.set(id, hold)
    }
  }
  const onDisk = (await disk.outside.read('select id from hold order by id')).map(({ id }) => Number(id))
  const known = simulation.teams.flatMap(({ model }) => model.holds.map(({ id }) => id))
  assert.deepEqual(
    known.sort((a, b) => a - b),
    onDisk,
    'each hold that was answered is there, once',
  )
  const open = simulation.teams.reduce((sum, team) => sum + team.running.size, 0)
  assert.equal(simulation.book.openHolds(), open)
}

function restore(team: ServedTeam, durable: ReadonlySet<unknown>): void {
  const { model } = team
  for (const { id } of [...model.forgotten]) if (durable.has(`hold ${id}`)) model.recall(id)
  for (const { id, end } of [...model.holds]) {
    if (!durable.has(`hold ${id}`)) model.forget(id)
    else if (end && !durable.has(`end ${id}`)) model.reopen(id)
  }
  for (const { change, op } of team.unsure) if (durable.has(op)) model.change(change)
  team.unsure = []
}
