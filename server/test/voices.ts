import assert from 'node:assert/strict'
import type { Answer } from './calling.ts'
import { file, purpose, type Shown, upload } from './forms.ts'
import { until, type World } from './harness.ts'
import type { TaskEngine } from './task-engine.ts'
import { spentOf } from './task-truth.ts'
import type { Team } from './teams.ts'

/** Voices of teams, and what they cost in nanos. */
export const WALLET = 1e10
export const CHARACTER = 100_000
export const CLONE_FEE = 1_500_000_000
export const DESIGN_FEE = 3_000_000_000
export const FINE = { status_code: 0, status_msg: 'success' }
export const WRONG = { status: 400, code: 2013 }

export type Listed = Record<string, { readonly voice_id: string }[]>

export async function sampleOf(world: World, by: Team, name = 'sample.mp3', body: Buffer | string = name) {
  const answer = await upload(world, by, purpose('voice_clone'), file(body, name))
  return (JSON.parse(answer.text).file as Shown).file_id
}

export function spoke(answer: Answer): void {
  assert.deepEqual(JSON.parse(answer.text).base_resp, FINE, answer.text)
}

export function voicesIn(world: World, engine: TaskEngine) {
  const post = (path: string, key: string, body: object) => world.call(path, { key, body })
  const clone = async (by: Team, voice_id: string, more: object = {}) =>
    post('/v1/voice_clone', by.apiKey, { file_id: await sampleOf(world, by), voice_id, ...more })
  const listed = async (by: Team, voice_type = 'all'): Promise<Listed> => {
    const answer = await post('/v1/get_voice', by.planKey, { voice_type })
    spoke(answer)
    const { base_resp: _fine, ...voices } = JSON.parse(answer.text)
    return voices
  }
  const sent = (path = '/v1/t2a_v2'): Record<string, unknown> =>
    JSON.parse(engine.askedFor(path).at(-1)?.body.toString() ?? '{}')
  return {
    post,
    clone,
    listed,
    /** The last request to that path. */
    sent,
    newTeam: () => world.team({ plan: 'max', wallet: WALLET }),
    cloned: async (by: Team, name: string, more: object = {}) => spoke(await clone(by, name, more)),
    speak: (key: string, voice_id: string, more: object = {}) =>
      post('/v1/t2a_v2', key, {
        ...{ model: 'speech-2.8-hd', text: 'hello', voice_setting: { voice_id } },
        ...more,
      }),
    /** Under which name the engine was asked for a voice. */
    spokenAs: () => String((sent().voice_setting as { voice_id: string }).voice_id),
    namesOf: async (by: Team) => {
      const { voice_cloning: clones = [], voice_generation: designs = [] } = await listed(by)
      return [...clones, ...designs].map(({ voice_id: id }) => id)
    },
    walletOf: async (by: Team) => {
      await until(() => world.running.book.openHolds() === 0, 'no hold is left open')
      return (await spentOf(world, by)).walletNanos
    },
  }
}
