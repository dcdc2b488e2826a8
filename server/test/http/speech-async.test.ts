import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { file, purpose, type Shown, upload } from '../forms.ts'
import { booksAreRight, openWorld, until, type World } from '../harness.ts'
import { FILM, json, taskEngine } from '../task-engine.ts'
import { spentOf } from '../task-truth.ts'
import type { Team } from '../teams.ts'
import { assertRefused } from './refused.ts'

const world = await openWorld()
after(() => world.close())
const engine = taskEngine(world.upstream)
const team = await world.team({ plan: 'max', wallet: 1e10 })
const other = await world.team({ plan: 'max' })

const DAY_MS = 86_400_000
const PATH = '/v1/t2a_async_v2'
const QUERY = '/v1/query/t2a_async_query_v2'
const CHARACTER = 100_000
const CLONE_FEE = 1_500_000_000

type Begun = { task_id: number; file_id: number; usage_characters: number; task_token: string }

beforeEach(() => {
  world.advance(DAY_MS)
  world.upstream.forget()
  engine.forget()
})

function ask(key: string, more: object) {
  return world.call(PATH, { key, body: { model: 'speech-2.8-hd', ...more } })
}

async function begin(key: string, more: object): Promise<Begun> {
  const answer = await ask(key, more)
  const { base_resp: base, ...begun } = JSON.parse(answer.text)
  assert.equal(base.status_code, 0, answer.text)
  return begun
}

async function reaches(id: number, status: string, by: Team = team, on: World = world) {
  let told: Record<string, unknown> = {}
  await until(async () => {
    told = JSON.parse((await on.call(`${QUERY}?task_id=${id}`, { key: by.planKey })).text)
    return told.status === status
  }, `the text ${id} is ${status}`)
  return told
}

async function textFile(body: Buffer | string, name = 'book.txt', by = team): Promise<number> {
  const answer = await upload(world, by, purpose('t2a_async_input'), file(body, name, 'text/plain'))
  return (JSON.parse(answer.text).file as Shown).file_id
}

function sent(): Record<string, unknown> {
  return JSON.parse(engine.askedFor(PATH).at(-1)?.body.toString() ?? '{}')
}

test('a long text becomes the file that its answer named', async () => {
  const text = 'Hello. 汉字!'
  const audio_setting = { audio_sample_rate: 32_000, format: 'mp3' }
  const begun = await begin(team.planKey, { text, audio_setting })
  const { task_id: id, file_id: fileId, usage_characters: counted, task_token: token } = begun
  assert.deepEqual([typeof id, typeof fileId, counted, token], ['number', 'number', 12, 'token'])
  assert.deepEqual(sent(), { model: 'speech-2.8-hd', text, audio_setting })
  const fine = { status_code: 0, status_msg: 'success' }
  assert.deepEqual(await reaches(id, 'Processing'), {
    ...{ task_id: id, status: 'Processing', file_id: fileId, base_resp: fine },
  })
  assert.deepEqual((await spentOf(world, team)).units, { 'speech-hd': [12, 12] })
  const retrieve = `/v1/files/retrieve?file_id=${fileId}`
  assertRefused(await world.call(retrieve, { key: team.planKey }), 'native', { status: 404, code: 2013 })

  engine.last().state = 'Processing'
  await reaches(id, 'Processing')
  engine.last().state = 'Success'
  assert.deepEqual(await reaches(id, 'Success'), {
    task_id: id,
    status: 'Success',
    file_id: fileId,
    base_resp: fine,
  })
  const shown = JSON.parse((await world.call(retrieve, { key: team.planKey })).text).file as Shown
  assert.deepEqual([shown.bytes, shown.purpose], [FILM.length, 't2a_async'])
  assert.deepEqual((await spentOf(world, team)).units, { 'speech-hd': [12, 0] })
  for (const path of [retrieve, `${QUERY}?task_id=${id}`, `/v1/query/video_generation?task_id=${id}`])
    assertRefused(await world.call(path, { key: other.planKey }), 'native', { status: 404, code: 2013 })
  await booksAreRight(world)
})

test('a failure is called Failed, names no file and costs nothing', async () => {
  const before = await spentOf(world, team)
  for (const key of [team.planKey, team.apiKey]) {
    for (const state of ['Fail', 'Failed', 'Expired']) {
      const { task_id: id } = await begin(key, { text: 'x'.repeat(500) })
      Object.assign(engine.last(), { state, code: 1042, message: 'invisible characters' })
      assert.deepEqual(await reaches(id, 'Failed'), {
        ...{ task_id: id, status: 'Failed', file_id: 0 },
        base_resp: { status_code: 1042, status_msg: 'invisible characters' },
      })
    }
  }
  assert.deepEqual(await spentOf(world, team), before)
  await booksAreRight(world)
})

test('the plan pays what it has room for, credits the rest', async () => {
  const reader = await world.team({ plan: 'plus', credits: 1_000 * CHARACTER })
  const answer = await ask(reader.planKey, { text: 'x'.repeat(4_700) })
  assert.equal(answer.headers['tokenplan-pool'], 'plan+credits')
  const { task_id: id } = JSON.parse(answer.text) as Begun
  await world.restart()
  const held = await spentOf(world, reader)
  assert.deepEqual([held.units, held.heldNanos], [{ 'speech-hd': [4_000, 4_000] }, 700 * CHARACTER])
  engine.last().state = 'Success'
  await reaches(id, 'Success', reader)
  const spent = await spentOf(world, reader)
  assert.deepEqual(
    [spent.units, spent.creditNanos, spent.heldNanos],
    [{ 'speech-hd': [4_000, 0] }, 300 * CHARACTER, 0],
  )
  const poor = await ask(reader.planKey, { text: 'x'.repeat(301) })
  assertRefused(poor, 'native', { status: 429, code: 2056, retry: 'never' })
  await booksAreRight(world)
})

test('a text in a file is counted here and given to the engine once', async () => {
  const text = `\uFEFF${'汉字 PK fire\n'.repeat(100)}`
  const fileId = await textFile(text)
  for (let count = 0; count < 2; count++) {
    const { usage_characters: counted, task_id: id } = await begin(team.apiKey, { text_file_id: fileId })
    // The mark at its beginning is no character of it.
    assert.equal(counted, 1_300)
    assert.deepEqual(sent(), { model: 'speech-2.8-hd', text_file_id: engine.uploads.at(-1) })
    engine.last().state = 'Success'
    await reaches(id, 'Success')
  }
  const uploads = engine.askedFor('/v1/files/upload')
  assert.equal(uploads.length, 1)
  const form = uploads[0]?.body.toString() ?? ''
  assert.ok(
    form.includes(text) && form.includes('t2a_async_input') && form.includes('book.txt'),
    form.slice(0, 300),
  )
  await booksAreRight(world)
})

test('files that are no text of this team’s', async () => {
  const before = await spentOf(world, team)
  const notText = /text_file_id: must be a text file in UTF-8; archives are not taken/
  for (const [body, says] of [
    [Buffer.from('PK\x03\x04…'), notText],
    [Buffer.from([0x1f, 0x8b, 8, 0, 1]), notText],
    [Buffer.from([0xd6, 0xd0, 0xce, 0xc4]), notText],
    ['a\0b', notText],
    [' \n\t ', /text_file_id: the file has no text/],
    ['\uFEFF', /text_file_id: the file has no text/],
    ['🙂'.repeat(100_001), /text_file_id: at most 100,000 characters/],
    ['x'.repeat(100_001), /text_file_id: at most 100,000 characters/],
    ['x'.repeat(5_000_000), /text_file_id: at most 100,000 characters/],
  ] as const) {
    const answer = await ask(team.planKey, { text_file_id: await textFile(body) })
    assertRefused(answer, 'native', { status: 400, code: 2013, says })
  }
  const foreign = await textFile('hello', 'book.txt', other)
  for (const unknown of [foreign, 0, 7]) {
    const answer = await ask(team.planKey, { text_file_id: unknown })
    assertRefused(answer, 'native', { status: 400, code: 2013, says: /text_file_id: there is no file/ })
  }
  for (const [more, says] of [
    [{}, /text: missing/],
    [{ text: '' }, /text: must be 1 to 50,000 characters/],
    [{ text: 'x'.repeat(50_001) }, /text: must be 1 to 50,000 characters/],
    [{ text: 'x', text_file_id: 7 }, /text_file_id: must be left out/],
  ] as const) {
    assertRefused(await ask(team.planKey, more), 'native', { status: 400, code: 2013, says })
  }
  assert.equal(world.upstream.received.length, 0)
  const { files: _files, ...spent } = await spentOf(world, team)
  assert.deepEqual({ ...spent, files: before.files }, before)
})

test('an engine that does not take the file gets no task', async () => {
  const fileId = await textFile('hello')
  engine.instead('/v1/files/upload', json({ base_resp: { status_code: 2013, status_msg: 'invalid file' } }))
  const answer = await ask(team.planKey, { text_file_id: fileId })
  assertRefused(answer, 'native', {
    status: 400,
    code: 2013,
    says: /text_file_id: the engine does not take this file: invalid file/,
  })
  assert.equal(engine.askedFor(PATH).length, 0)
  const { task_id: id } = await begin(team.planKey, { text_file_id: fileId })
  engine.last().state = 'Fail'
  await reaches(id, 'Failed')
  await booksAreRight(world)
})

test('a voice’s first use in it is due when it succeeds, once, also across a restart', async () => {
  const payer = await world.team({ plan: 'max', wallet: 1e10 })
  const voice_id = 'Narrator01'
  const sample = await textFile('a sample', 'sample.mp3', payer)
  const cloned = await world.call('/v1/voice_clone', {
    key: payer.apiKey,
    body: { file_id: sample, voice_id },
  })
  assert.equal(JSON.parse(cloned.text).base_resp.status_code, 0, cloned.text)
  const asking = { text: 'x'.repeat(100), voice_setting: { voice_id } }
  const wallet = async () => {
    const { walletNanos, heldNanos } = await spentOf(world, payer)
    return [walletNanos, heldNanos]
  }
  assertRefused(await ask(payer.planKey, asking), 'native', { status: 403, code: 2061, retry: 'never' })

  const failing = await begin(payer.apiKey, asking)
  assert.deepEqual(await wallet(), [1e10, 100 * CHARACTER + CLONE_FEE])
  assert.match(String((sent().voice_setting as { voice_id: string }).voice_id), /^tpv-[0-9a-f]{32}$/)
  engine.last().state = 'Fail'
  await reaches(failing.task_id, 'Failed', payer)
  assert.deepEqual(await wallet(), [1e10, 0])
  assertRefused(await ask(payer.planKey, asking), 'native', { status: 403, code: 2061, retry: 'never' })

  const first = await begin(payer.apiKey, asking)
  const task = engine.last()
  const second = await begin(payer.apiKey, asking)
  assert.deepEqual(await wallet(), [1e10, 200 * CHARACTER + CLONE_FEE])
  await world.restart()
  const third = await begin(payer.apiKey, asking)
  assert.deepEqual(await wallet(), [1e10, 300 * CHARACTER + CLONE_FEE])
  for (const each of [task, ...engine.tasks.slice(-2)]) each.state = 'Success'
  for (const { task_id: id } of [first, second, third]) await reaches(id, 'Success', payer)
  assert.deepEqual(await wallet(), [1e10 - 300 * CHARACTER - CLONE_FEE, 0])
  const paid = await begin(payer.planKey, asking)
  engine.last().state = 'Success'
  await reaches(paid.task_id, 'Success', payer)
  // Paid for, it stays.
  world.advance(8 * DAY_MS)
  const later = await begin(payer.planKey, asking)
  engine.last().state = 'Success'
  await reaches(later.task_id, 'Success', payer)
  await booksAreRight(world)
})
