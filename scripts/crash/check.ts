import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { endings } from '../../server/src/book/op.ts'
import type { Proof } from '../../server/src/book/verify.ts'
import { openSqliteReadOnly, type Row } from '../../server/src/store/sqlite.ts'
import { type Running, tokenplan } from '../../server/test/crash/cycle.ts'
import type { Answered } from './load.ts'

/**
 * After a start: the lock is this server's, the books are right, nothing is held but by films that are being made, and
 * every call whose end its caller saw is on record as it was seen, once.
 */
export async function checkMixed(
  folder: string,
  { pid }: Running,
  answered: readonly Answered[],
): Promise<void> {
  assert.equal((JSON.parse(readFileSync(path.join(folder, 'lock'), 'utf8')) as { pid: number }).pid, pid)
  const verified = await tokenplan(folder, 'verify', '--json')
  assert.equal(verified.code, 0, verified.output)
  assert.ok((JSON.parse(verified.output) as Proof).ok)
  const store = openSqliteReadOnly(path.join(folder, 'tokenplan.db'))
  try {
    const open = await store.read(OPEN_WITHOUT_TASK)
    assert.deepEqual(open, [], 'after a start only films hold anything')
    const doubled = await store.read(CHARGED_TWICE)
    assert.deepEqual(doubled, [], 'no account is charged twice for a call')
    const records = new Map((await store.read(RECORDS)).map((row) => [Number(row.id), row]))
    for (const [id, row] of records)
      assert.equal(row.charged, row.nanos ?? 0, `the entries of call ${id} are what its end says`)
    for (const one of answered) checkOne(one, records.get(one.id))
  } finally {
    await store.close()
  }
}

const OPEN_WITHOUT_TASK = `select hold.id from hold
  where not exists (select 1 from hold_end where hold_end.hold = hold.id)
    and not exists (select 1 from task where task.hold = hold.id and task.ended_at is null)`

const CHARGED_TWICE = `select tx, account, count(*) as count from entry join account on account.id = entry.account
  where account.team is not null and nanos < 0 group by tx, account having count(*) > 1`

const RECORDS = `select hold.id, hold.units as held, hold.asked_units as asked, hold_end.ending,
    hold_end.units as kept, hold_end.made_units as made, hold_end.nanos, hold_end.absorbed_nanos as absorbed,
    coalesce((select -sum(entry.nanos) from entry join account on account.id = entry.account
      where entry.tx = hold.id and account.team is not null), 0) as charged
  from hold left join hold_end on hold_end.hold = hold.id`

function checkOne({ id, kind, isMade, pool, units, nanos }: Answered, row: Row | undefined): void {
  const says = `${kind}, call ${id}, ${isMade ? pool : 'failed'}: ${JSON.stringify(row)}`
  assert.ok(row, `answered and not on record: ${says}`)
  // Its hold is there; how it ends, the end of the run looks at.
  if (kind === 'film' && isMade) return
  assert.ok(row.ending !== null, says)
  assert.equal(row.absorbed, 0, says)
  const isPlanText = kind === 'plan text' || kind === 'plan stream'
  if (!isMade) {
    // The end of what a plan pays rides for a moment; a crash in it keeps the unit (decision 0003).
    const keeps = isPlanText && row.ending === endings.crashed ? 1 : 0
    assert.deepEqual([row.kept, row.nanos], [keeps, 0], says)
    return
  }
  if (isPlanText) {
    assert.deepEqual([pool, row.held, row.kept, row.nanos], ['plan', 1, 1, 0], says)
    return
  }
  const byPlan = pool === 'plan'
  assert.deepEqual(
    [row.ending, row.kept, row.nanos],
    [endings.done, byPlan ? units : 0, byPlan ? 0 : nanos],
    says,
  )
}

const ENDS_MS = 60_000

/** When the films have had their time: each that was begun ended once, with its price or with nothing. */
export async function checkFilms(folder: string, answered: readonly Answered[]): Promise<number> {
  const store = openSqliteReadOnly(path.join(folder, 'tokenplan.db'))
  try {
    const until = performance.now() + ENDS_MS
    for (;;) {
      const [row] = await store.read('select count(*) as running from task where ended_at is null')
      if (row?.running === 0) break
      assert.ok(performance.now() < until, `${row?.running} films never ended`)
      await pause(100)
    }
    const films = await store.read(
      `select task.hold, task.state, hold.units, hold.nanos as held, hold_end.units as kept, hold_end.made_units as made,
         hold_end.nanos from task join hold on hold.id = task.hold join hold_end on hold_end.hold = hold.id`,
    )
    for (const { hold, state, units, held, kept, made, nanos } of films) {
      const isMade = Number(state === 'Success')
      assert.deepEqual(
        [made, kept, nanos],
        [isMade, isMade * Number(units), isMade * Number(held)],
        `film ${hold}, ${state}`,
      )
    }
    const known = new Set(films.map(({ hold }) => Number(hold)))
    const begun = answered.filter(({ kind, isMade }) => kind === 'film' && isMade)
    for (const { id } of begun) assert.ok(known.has(id), `the film of call ${id} is a task`)
    const [files] = await store.read('select count(*) as files from file where name is not null')
    const made = films.filter(({ state }) => state === 'Success').length
    assert.equal(files?.files, made, 'every film that was made is there once')
    return films.length
  } finally {
    await store.close()
  }
}
