import assert from 'node:assert/strict'
import type { Answer } from './calling.ts'
import { until, type World } from './harness.ts'
import type { Team } from './teams.ts'

/** Videos as their callers see them, and what one costs. */
export const RESOURCE = 'hailuo-2.3-768p-6s'
export const PRICE = 280_000_000
export const VIDEO = { model: 'MiniMax-Hailuo-2.3', prompt: 'a cat on a beach' }
export const PATH = '/v1/video_generation'
export const QUERY = '/v1/query/video_generation'

export type Told = {
  readonly task_id: string
  readonly status: string
  readonly file_id: string
  readonly base_resp: { readonly status_code: number; readonly status_msg: string }
}

export function videosIn(world: World, team: Team) {
  const ask = (key: string, more: object = {}): Promise<Answer> =>
    world.call(PATH, { key, body: { ...VIDEO, ...more } })
  const begin = async (key: string, more: object = {}): Promise<string> => {
    const answer = await ask(key, more)
    const { task_id: id, base_resp: base } = JSON.parse(answer.text) as Told
    assert.equal(base.status_code, 0, answer.text)
    return id
  }
  const queried = async (id: string, by: Team = team): Promise<Told> =>
    JSON.parse((await world.call(`${QUERY}?task_id=${id}`, { key: by.planKey })).text) as Told
  const reaches = async (id: string, state: string, by: Team = team): Promise<Told> => {
    let told: Told | undefined
    await until(async () => {
      told = await queried(id, by)
      return told.status === state
    }, `the task ${id} is ${state}`)
    assert.ok(told)
    return told
  }
  return { ask, begin, queried, reaches }
}

/** How many holds and tasks a team had, and how many ends: one for each. */
export async function endsOf(world: World, { team }: Team) {
  const [row] = await world.running.store.read(
    `select (select count(*) from hold where team = ?) as holds, (select count(*) from task where team = ?) as tasks,
      (select count(*) from hold_end join hold on hold.id = hold_end.hold where hold.team = ?) as ends`,
    [team, team, team],
  )
  return { holds: Number(row?.holds), ends: Number(row?.ends), tasks: Number(row?.tasks) }
}
