import assert from 'node:assert/strict'
import type { Answer } from '../calling.ts'
import { until, type World } from '../harness.ts'
import { askingFor, IMAGE_NANOS, type KindName, kinds, SONG_NANOS } from '../media-samples.ts'
import { paidBy } from '../media-truth.ts'
import { asking, PATHS } from '../samples.ts'
import type { Team } from '../teams.ts'

/** A resource of the plans' table and how it is asked for. */
export type Column = {
  readonly name: string
  readonly resource: string
  readonly path: string
  /** A body that takes so many units. */
  readonly body: (units: number) => object
  /** What one request can take. */
  readonly most: number
  /** The price of one unit; null where it depends on what is said. */
  readonly nanos: number | null
  /** Thousands of small requests: the book takes all of a quota but the last unit. */
  readonly isLarge?: true
}

const FRAME = `data:image/png;base64,${Buffer.from('a frame').toString('base64')}`
const video = { path: '/v1/video_generation', most: 1 }

export const text: Column = {
  name: 'text',
  resource: 'text',
  path: PATHS['openai-chat'],
  body: () => asking('openai-chat'),
  most: 1,
  nanos: null,
  isLarge: true,
}
export const highspeedText: Column = {
  ...text,
  name: 'highspeed text',
  body: () => asking('openai-chat', { model: 'MiniMax-M2.7-highspeed' }),
}
export const speech: Column = {
  name: 'speech',
  resource: 'speech-hd',
  path: kinds.speech.path,
  body: (units) => askingFor('speech', { text: '好'.repeat(units >> 1) + 'x'.repeat(units % 2) }),
  most: 2 * 9_999,
  nanos: 100_000,
}
export const images: Column = {
  name: 'images',
  resource: 'image-01',
  path: kinds.images.path,
  body: (units) => askingFor('images', { n: units, response_format: 'base64' }),
  most: 9,
  nanos: IMAGE_NANOS,
}
export const fast: Column = {
  ...video,
  name: 'Hailuo 2.3 Fast',
  resource: 'hailuo-2.3-fast-768p-6s',
  body: () => ({ model: 'MiniMax-Hailuo-2.3-Fast', prompt: 'a wave', first_frame_image: FRAME }),
  nanos: 190_000_000,
}
export const hailuo: Column = {
  ...video,
  name: 'Hailuo 2.3',
  resource: 'hailuo-2.3-768p-6s',
  body: () => ({ model: 'MiniMax-Hailuo-2.3', prompt: 'a wave', duration: 6, resolution: '768P' }),
  nanos: 280_000_000,
}
export const music: Column = { ...piece('song'), nanos: SONG_NANOS }
export const covers: Column = { ...piece('cover'), isLarge: true }
export const lyrics: Column = { ...piece('lyrics'), isLarge: true }
export const search: Column = { ...piece('search'), isLarge: true }
export const vision: Column = { ...piece('vision'), isLarge: true }

function piece(kind: KindName): Column {
  const { resource, path, nanos } = kinds[kind]
  return { name: kind, resource, path, body: () => askingFor(kind), most: 1, nanos }
}

export function ask(world: World, key: string, column: Column, units = 1): Promise<Answer> {
  return world.call(column.path, { key, body: column.body(units) })
}

/** A video is paid for when it is done, which takes the server a moment to hear of. */
export function allMade(world: World): Promise<void> {
  return until(() => world.running.book.openHolds() === 0, 'what was asked for is made')
}

/** Takes exactly so many units, every one of them paid by the plan, and nothing is left of it. */
export async function useUp(world: World, team: Team, column: Column, quota: number): Promise<void> {
  const first = column.isLarge ? quota - 1 : 0
  if (first > 0) await takeAtOnce(world, team, column.resource, first)
  for (let used = first; used < quota; ) {
    const units = Math.min(column.most, quota - used)
    used += units
    const answer = await ask(world, team.planKey, column, units)
    assert.deepEqual(paidBy(answer), ['plan', String(units), String(quota - used)], answer.text)
  }
}

/** Without a request: through the book's own door. */
export async function takeAtOnce(world: World, team: Team, resource: string, units: number): Promise<void> {
  const { book, store } = world.running
  const [label] = await store.read('select id from label where name = ?', [resource])
  assert.ok(label, `${resource} has a label`)
  const ask = { id: world.ids.next(), keyKind: 'plan', secret: 0, highspeed: false, units, nanos: 0 } as const
  const of = { resource, resourceLabel: Number(label.id), modelLabel: Number(label.id) }
  const how = { unitPrice: null, crashUnits: 0, priceVersion: world.catalogue.version }
  const admitted = await book.admit(
    { ...ask, ...of, ...how, team: team.team, member: team.member },
    team.subscription,
  )
  assert.ok(admitted.kind === 'held' && admitted.op.pool === 'plan', `${units} of ${resource}`)
  const tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, estimated: false }
  await book.end(admitted.op, { ending: 'done', nanos: 0, tokens })
}
