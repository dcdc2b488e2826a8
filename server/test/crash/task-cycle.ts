import assert from 'node:assert/strict'
import { once } from 'node:events'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Proof } from '../../src/book/verify.ts'
import { openSqliteReadOnly } from '../../src/store/sqlite.ts'
import { callsTo } from '../calling.ts'
import { FILM, type TaskEngine } from '../task-engine.ts'
import { type Running, tokenplan } from './cycle.ts'

/** Videos are begun, a real server is killed while they run, and all of them have to end once. */

const PATH = '/v1/video_generation'
const PRICE_NANOS = 280_000_000
const ENDS_MS = 10_000

/** A task whose number the caller knows, and how it has to end. */
export type Known = { readonly id: string; readonly state: 'Success' | 'Fail' }

const urlOf = ({ port }: Running) => `http://127.0.0.1:${port}`

/**
 * Ten videos of which the engine has not answered for two, so that nobody knows whether it works on them. Two are done
 * when the kill comes, so that it meets downloads and ends; two more are done while no server is there.
 */
export async function beginAndKill(
  running: Running,
  engine: TaskEngine,
  killAfterMs: number,
): Promise<Known[]> {
  const { demo, child } = running
  const calls = callsTo(urlOf(running))
  const begin = async (index: number): Promise<string> => {
    const key = index % 2 ? demo.apiKey : demo.tokenPlanKey
    const body = { model: 'MiniMax-Hailuo-2.3', prompt: `video ${index}` }
    const answer = await calls.call(PATH, { key, body })
    const { task_id: id } = JSON.parse(answer.text) as { task_id?: string }
    assert.ok(id, answer.text)
    return id
  }
  const before = engine.tasks.length
  const ids: string[] = []
  for (let index = 0; index < 8; index++) ids.push(await begin(index))
  engine.instead(PATH, { instead: 'hang' }, { instead: 'hang' })
  const asked = engine.askedFor(PATH).length
  const unanswered = [8, 9].map((index) => begin(index).then(assert.fail, () => undefined))
  while (engine.askedFor(PATH).length < asked + 2) await pause(1)

  const tasks = engine.tasks.slice(before)
  const done = (index: number) => Object.assign(tasks[index] ?? {}, { state: index % 3 ? 'Success' : 'Fail' })
  for (const index of [0, 1, 2, 3]) done(index)
  await pause(killAfterMs)
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await Promise.all([gone, ...unanswered])
  calls.close()
  for (const index of [4, 5, 6, 7]) done(index)
  return ids.map((id, index) => ({ id, state: index % 3 ? 'Success' : 'Fail' }))
}

/** After a start: every known task ends as its engine says, every other one is ended, and each was charged once at most. */
export async function checkEnded(folder: string, running: Running, known: readonly Known[]): Promise<void> {
  const calls = callsTo(urlOf(running))
  const { tokenPlanKey: key } = running.demo
  const files = new Map<string, number>()
  const until = performance.now() + ENDS_MS
  for (const { id, state } of known) {
    for (;;) {
      const answer = await calls.call(`/v1/query/video_generation?task_id=${id}`, { key })
      const told = JSON.parse(answer.text) as { status: string; file_id: string }
      if (told.status === state && state === 'Success') files.set(id, Number(told.file_id))
      if (told.status === state) break
      assert.ok(performance.now() < until, `the task ${id} is ${told.status} and not ${state}`)
      await pause(50)
    }
  }
  for (const [id, file] of files) {
    const content = await calls.call(`/v1/files/retrieve_content?file_id=${file}`, { key })
    assert.equal(content.text, FILM.toString(), `the film of the task ${id}`)
  }
  calls.close()
  const verified = await tokenplan(folder, 'verify', '--json')
  assert.equal(verified.code, 0, verified.output)
  const { ok, openHolds } = JSON.parse(verified.output) as Proof
  assert.deepEqual([ok, openHolds], [true, 0])
  await checkRows(path.join(folder, 'tokenplan.db'), known)
}

async function checkRows(file: string, known: readonly Known[]): Promise<void> {
  const store = openSqliteReadOnly(file)
  try {
    const rows = await store.read(
      `select task.id, task.state, hold.units, hold.nanos, count(hold_end.hold) as ends, sum(hold_end.units) as kept,
        sum(hold_end.made_units) as made, sum(hold_end.nanos) as charged
       from task join hold on hold.id = task.hold left join hold_end on hold_end.hold = hold.id group by task.id`,
    )
    const charges = await store.read(
      `select tx, count(*) as count from entry join account on account.id = entry.account
       where account.team is not null and nanos < 0 group by tx`,
    )
    const states = new Map(known.map(({ id, state }) => [Number(id), state]))
    for (const row of rows) {
      const made = states.get(Number(row.id)) === 'Success' ? 1 : 0
      const byPlan = Number(row.units)
      assert.deepEqual(
        [row.state, row.ends, row.made, row.kept, row.charged],
        [made ? 'Success' : 'Fail', 1, made, made * byPlan, byPlan ? 0 : made * PRICE_NANOS],
        `task ${row.id}`,
      )
    }
    const made = known.filter(({ state }) => state === 'Success').length
    const paidByMoney = rows.filter(({ state, units }) => state === 'Success' && units === 0)
    assert.deepEqual(
      charges.map(({ count }) => count),
      paidByMoney.map(() => 1),
      'each is charged once',
    )
    const [stored] = await store.read('select count(*) as files, count(distinct id) as ids from file')
    assert.equal(stored?.files, made, 'every film is there once')
    assert.ok(rows.length >= known.length)
  } finally {
    await store.close()
  }
}
