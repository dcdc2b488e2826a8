import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { type Behaviour, startFakeUpstream } from '../fake-upstream.ts'
import { booksAreRight, openWorld, until } from '../harness.ts'
import { taskEngine } from '../task-engine.ts'
import { spentOf } from '../task-truth.ts'
import { assertRefused } from './refused.ts'

const pace = { challengeMs: 200, tellMs: 200, againMs: [1, 1, 1] }
const world = await openWorld({ config: { callbacks: 'any' }, paces: { callback: pace } })
const shy = await openWorld({ paces: { callback: pace } })
const listener = await startFakeUpstream()
after(async () => {
  await world.close()
  await shy.close()
  await listener.close()
})
const engine = taskEngine(world.upstream)
const team = await world.team({ plan: 'max' })
const PATH = '/v1/video_generation'
const DAY_MS = 86_400_000

type Message = { readonly challenge?: string; readonly status?: string }

/** What a listener says to a message that is no challenge. */
let says: (message: Message) => Behaviour = () => ({})
listener.answers(({ body }) => {
  const message = JSON.parse(body.toString()) as Message
  return message.challenge === undefined
    ? says(message)
    : { body: JSON.stringify({ challenge: message.challenge }) }
})

beforeEach(() => {
  says = () => ({})
  listener.forget()
  world.upstream.forget()
  world.advance(DAY_MS)
})

function ask(callback_url: string, on = world, by = team) {
  const body = { model: 'MiniMax-Hailuo-2.3', prompt: 'a cat', callback_url }
  return on.call(PATH, { key: by.planKey, body })
}

function told(): Message[] {
  return listener.received.map(({ body }) => JSON.parse(body.toString()) as Message)
}

async function isTold(...words: readonly string[]): Promise<void> {
  const heard = () => told().flatMap(({ status }) => status ?? [])
  await until(() => heard().length >= words.length, `it is told ${words}`)
  assert.deepEqual(heard(), words)
}

async function endsAs(state: 'Success' | 'Fail', id: string): Promise<void> {
  await until(async () => {
    const answer = await world.call(`/v1/query/video_generation?task_id=${id}`, { key: team.planKey })
    return JSON.parse(answer.text).status === state
  }, `it ends as ${state}`)
}

test('a listener that repeats the challenge is told, in order and each word once', async () => {
  const answer = await ask(`${listener.url}/hook?team=7`)
  const { task_id } = JSON.parse(answer.text)
  const [challenge] = told()
  assert.match(challenge?.challenge ?? '', /^[0-9a-f]{32}$/)
  assert.equal(engine.last().body.callback_url, undefined, 'the engine has nobody to tell')
  for (const state of ['Queueing', 'Processing', 'Queueing']) {
    engine.last().state = state
    const asked = engine.askedFor('/v1/query/video_generation').length
    await until(() => engine.askedFor('/v1/query/video_generation').length > asked + 2, 'it is looked at')
  }
  engine.last().state = 'Success'
  await endsAs('Success', task_id)
  await isTold('processing', 'success')
  const fine = { status_code: 0, status_msg: 'success' }
  const [, first, last] = told()
  assert.deepEqual(first, { task_id, status: 'processing', file_id: '', base_resp: fine })
  const { file_id } = JSON.parse(
    (await world.call(`/v1/query/video_generation?task_id=${task_id}`, { key: team.planKey })).text,
  )
  assert.deepEqual(last, { task_id, status: 'success', file_id, base_resp: fine })
  for (const { method, path, headers } of listener.received) {
    assert.deepEqual([method, path, headers['content-type']], ['POST', '/hook?team=7', 'application/json'])
    assert.equal(headers.authorization, undefined)
  }
  await booksAreRight(world)
})

test('a failure is told with its code', async () => {
  const { task_id } = JSON.parse((await ask(listener.url)).text)
  Object.assign(engine.last(), { state: 'Fail', code: 1026, message: 'sensitive' })
  await isTold('failed')
  const base_resp = { status_code: 1026, status_msg: 'sensitive' }
  assert.deepEqual(told().at(-1), { task_id, status: 'failed', file_id: '', base_resp })
})

test('who does not repeat it in time gets no task, and nothing is held', async () => {
  const before = await spentOf(world, team)
  const elsewhere = { status: 307, headers: { location: `${listener.url}/elsewhere` } }
  for (const behaviour of [
    {},
    { body: '{}' },
    { body: '{"challenge":"another"}' },
    { body: 'null' },
    { body: '<html>' },
    { instead: 'reset' },
    { instead: 'hang' },
    { body: '{"challenge":', ending: 'hang' },
    elsewhere,
  ] as const) {
    listener.next(behaviour)
    const answer = await ask(listener.url)
    assertRefused(answer, 'native', { status: 400, code: 2013, says: /callback_url: did not answer/ })
  }
  const free = await startFakeUpstream()
  await free.close()
  assertRefused(await ask(free.url), 'native', { status: 400, code: 2013, says: /did not answer/ })
  for (const url of ['ftp://x.example/', 'javascript:1', '', '//x'])
    assertRefused(await ask(url), 'native', {
      status: 400,
      code: 2013,
      says: /callback_url: must be an http/,
    })
  assert.ok(
    listener.received.every(({ path }) => path !== '/elsewhere'),
    'no redirect is followed',
  )
  assert.equal(world.upstream.received.length, 0)
  assert.deepEqual(await spentOf(world, team), before)
  const tasks = await world.running.store.read('select count(*) as running from task where ended_at is null')
  assert.equal(tasks[0]?.running, 0)
})

test('who may not ask for a video makes nobody call anybody', async () => {
  const body = { model: 'MiniMax-Hailuo-9', prompt: 'a', callback_url: listener.url }
  for (const [key, wanted] of [
    [`${team.planKey}x`, { status: 401, code: 1004 }],
    [team.planKey, { status: 404, code: 2013 }],
  ] as const) {
    assertRefused(await world.call(PATH, { key, body }), 'native', wanted)
  }
  assert.equal(listener.received.length, 0)
})

test('only the public network, where the operator does not say otherwise', async () => {
  const caller = await shy.team({ plan: 'max' })
  const before = await spentOf(shy, caller)
  const { port } = new URL(listener.url)
  for (const host of [
    '127.0.0.1',
    'localhost',
    '127.1',
    '0x7f000001',
    '2130706433',
    '0.0.0.0',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '10.0.0.1',
    '169.254.169.254',
    '[fe80::1]',
  ]) {
    const answer = await ask(`http://user:password@${host}:${port}/`, shy, caller)
    assertRefused(answer, 'native', { status: 400, code: 2013, says: /must be on the public network/ })
  }
  assert.equal(listener.received.length, 0)
  assert.equal(shy.upstream.received.length, 0)
  assert.deepEqual(await spentOf(shy, caller), before)
})

test('a listener that fails is told again, and a task does not wait for it', async () => {
  says = () => ({ status: 500 })
  const { task_id } = JSON.parse((await ask(listener.url)).text)
  engine.last().state = 'Success'
  await endsAs('Success', task_id)
  await isTold('success', 'success', 'success', 'success')
  // What is wrong for good, or leads elsewhere, is not told again.
  for (const status of [404, 302]) {
    listener.forget()
    says = () => ({ status, headers: { location: `${listener.url}/elsewhere` } })
    const next = JSON.parse((await ask(listener.url)).text)
    engine.last().state = 'Fail'
    await endsAs('Fail', next.task_id)
    await isTold('failed')
  }
  await booksAreRight(world)
})

test('of a listener that hangs the last word is heard, should it come back', async () => {
  const { task_id } = JSON.parse((await ask(listener.url)).text)
  says = () => ({ instead: 'hang' })
  engine.last().state = 'Processing'
  await isTold('processing')
  engine.last().state = 'Success'
  await endsAs('Success', task_id)
  says = () => ({})
  await isTold('processing', 'success')
})

test('a server stops while listeners hang', async () => {
  says = () => ({ instead: 'hang' })
  const { task_id } = JSON.parse((await ask(listener.url)).text)
  engine.last().state = 'Success'
  await endsAs('Success', task_id)
  await isTold('success')
  const [waiting] = listener.received.slice(-1)
  const stopped = world.stop()
  await until(() => waiting?.aborted === true, 'what is being told is broken off')
  await stopped
  assert.equal(told().length, 2)
})
