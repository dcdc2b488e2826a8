import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { wireTo } from '../calling.ts'
import { startFakeUpstream } from '../fake-upstream.ts'
import { booksAreRight, lastRecord, openWorld, UPSTREAM_KEY, until } from '../harness.ts'
import { FILM, json, taskEngine } from '../task-engine.ts'
import { spentOf } from '../task-truth.ts'
import { PATH, PRICE, QUERY, RESOURCE, type Told, VIDEO, videosIn } from '../videos.ts'
import { assertRefused } from './refused.ts'

/** A video from its request to its end. What may come between stands in video-troubles. */
const world = await openWorld()
after(() => world.close())
const engine = taskEngine(world.upstream)
const team = await world.team({ plan: 'max', credits: 1e9, wallet: 1e9 })
const other = await world.team({ plan: 'max' })
const { ask, begin, queried, reaches } = videosIn(world, team)

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Every test has a day of its own. */
beforeEach(() => world.advance(DAY_MS - (world.now() % DAY_MS)))

test('a video becomes its team’s file, and costs one unit of the plan', async () => {
  const before = await spentOf(world, team)
  const answer = await ask(team.planKey, {
    duration: 6,
    resolution: '768P',
    first_frame_image: 'https://x.example/a.png',
  })
  const { task_id: id, base_resp } = JSON.parse(answer.text) as Told
  assert.deepEqual(base_resp, { status_code: 0, status_msg: 'success' })
  assert.match(id, /^\d+$/)
  assert.deepEqual(
    ['pool', 'units', 'remaining'].map((name) => answer.headers[`tokenplan-${name}`]),
    ['plan', '1', '1'],
  )
  const { body, id: remote, fileId } = engine.last()
  assert.notEqual(id, remote)
  assert.deepEqual(body, {
    ...VIDEO,
    duration: 6,
    resolution: '768P',
    first_frame_image: 'https://x.example/a.png',
  })
  assert.equal(engine.askedFor(PATH).at(-1)?.headers.authorization, `Bearer ${UPSTREAM_KEY}`)

  const task = engine.last()
  assert.equal((await queried(id)).status, 'Preparing')
  for (const state of ['Queueing', 'Processing']) {
    task.state = state
    assert.deepEqual(
      { ...(await reaches(id, state)), base_resp: 0 },
      { task_id: id, status: state, file_id: '', video_width: 0, video_height: 0, base_resp: 0 },
    )
  }
  assert.deepEqual((await spentOf(world, team)).units, { [RESOURCE]: [1, 1] })
  task.state = 'Success'
  const told = await reaches(id, 'Success')
  assert.deepEqual(
    { ...told, file_id: '' },
    { task_id: id, status: 'Success', file_id: '', video_width: 1366, video_height: 768, base_resp },
  )
  assert.notEqual(told.file_id, fileId, 'the engine’s number for the file stays its own')
  assert.deepEqual(await spentOf(world, team), {
    ...before,
    units: { [RESOURCE]: [1, 0] },
    files: before.files + 1,
  })

  const retrieved = await world.call(`/v1/files/retrieve?file_id=${told.file_id}`, { key: team.planKey })
  const { file } = JSON.parse(retrieved.text)
  assert.deepEqual([file.bytes, file.filename, file.purpose], [FILM.length, `${id}.mp4`, 'video_generation'])
  const fetched = await fetch(file.download_url)
  assert.deepEqual(Buffer.from(await fetched.arrayBuffer()), FILM)
  assert.equal(fetched.headers.get('content-type'), 'video/mp4')

  for (const foreign of [`${QUERY}?task_id=${id}`, `${QUERY}?task_id=${remote}`]) {
    const refused = await world.call(foreign, { key: other.planKey })
    assertRefused(refused, 'native', { status: 404, code: 2013, says: /there is no such task/ })
  }
  const hidden = await world.call(`/v1/files/retrieve?file_id=${told.file_id}`, { key: other.planKey })
  assertRefused(hidden, 'native', { status: 404, code: 2013 })
  await booksAreRight(world)
})

test('ids that are none, and tasks of another kind', async () => {
  const id = await begin(team.planKey)
  for (const wrong of ['', 'x', '-1', '1e3', '1'.repeat(17), ' 1']) {
    const answer = await world.call(`${QUERY}?task_id=${encodeURIComponent(wrong)}`, { key: team.planKey })
    assertRefused(answer, 'native', {
      status: 400,
      code: 2013,
      says: /task_id: must be the number of a task/,
    })
  }
  for (const [query, unknown] of [
    [QUERY, '9999999999999999'],
    [QUERY, '123'],
    ['/v1/query/t2a_async_query_v2', id],
  ]) {
    const answer = await world.call(`${query}?task_id=${unknown}`, { key: team.planKey })
    assertRefused(answer, 'native', { status: 404, code: 2013, says: /there is no such task/ })
  }
  const anonymous = await world.call(`${QUERY}?task_id=${id}`)
  assertRefused(anonymous, 'native', { status: 401, code: 1004 })
  engine.last().state = 'Fail'
  await reaches(id, 'Fail')
})

for (const [pool, options, key] of [
  ['credits', { plan: 'starter', credits: [PRICE - 1, PRICE] }, 'planKey'],
  ['wallet', { wallet: PRICE }, 'apiKey'],
] as const) {
  test(`paid by the ${pool}: its price once, and nothing for a failure`, async () => {
    const payer = await world.team(options)
    const before = await spentOf(world, payer)
    const total = before.creditNanos + before.walletNanos
    const failing = await ask(payer[key])
    assert.equal(failing.headers['tokenplan-pool'], pool)
    assert.equal((await spentOf(world, payer)).heldNanos, PRICE)
    engine.last().state = 'Fail'
    await reaches((JSON.parse(failing.text) as Told).task_id, 'Fail', payer)
    assert.deepEqual(await spentOf(world, payer), before)

    const id = await begin(payer[key])
    engine.last().state = 'Success'
    await reaches(id, 'Success', payer)
    const spent = await spentOf(world, payer)
    assert.deepEqual([spent.creditNanos + spent.walletNanos, spent.heldNanos], [total - PRICE, 0])
    assert.equal((await lastRecord(world, payer)).nanos, PRICE)
    await booksAreRight(world)
  })
}

test('a failure says why in the words of the engine, and gives everything back', async () => {
  const before = await spentOf(world, team)
  for (const [state, code, message, told] of [
    ['Fail', 1026, 'the prompt is sensitive', { status_code: 1026, status_msg: 'the prompt is sensitive' }],
    ['Fail', 0, 'success', { status_code: 1027, status_msg: 'the engine failed' }],
    // The operator's account is no caller's business.
    ['Fail', 1008, 'insufficient balance of acct-7', { status_code: 1000, status_msg: 'the engine failed' }],
    ['', 1026, 'sens\0itive', { status_code: 1026, status_msg: 'sensitive' }],
    // Of a question for a task only its number can be wrong: the engine does not know it any more.
    ['', 2013, 'invalid params', { status_code: 1000, status_msg: 'the engine has lost the task' }],
  ] as const) {
    const id = await begin(team.planKey)
    Object.assign(engine.last(), { state, code, message })
    assert.deepEqual((await reaches(id, 'Fail')).base_resp, told)
    assert.equal((await queried(id)).file_id, '')
  }
  assert.deepEqual(await spentOf(world, team), before)
  await booksAreRight(world)
})

test('a failure after midnight grants its unit for the new day', async () => {
  const late = await world.team({ plan: 'max' })
  const ids = [await begin(late.planKey), await begin(late.planKey)]
  assertRefused(await ask(late.planKey), 'native', { status: 429, code: 2056, retry: 'never' })
  world.advance(DAY_MS)
  assert.deepEqual((await spentOf(world, late)).units, { [RESOURCE]: [0, 2] })
  for (const task of engine.tasks.slice(-2)) task.state = 'Fail'
  for (const id of ids) await reaches(id, 'Fail', late)
  // Two of today and two that yesterday's failures gave back.
  for (let count = 0; count < 4; count++) await begin(late.planKey)
  assertRefused(await ask(late.planKey), 'native', { status: 429, code: 2056, retry: 'never' })
  const running = engine.tasks.slice(-4)
  for (const task of running) task.state = 'Success'
  await until(() => world.running.book.openHolds() === 0, 'all are done')
  await booksAreRight(world)

  await world.restart()
  assertRefused(await ask(late.planKey), 'native', { status: 429, code: 2056, retry: 'never' })
  world.advance(DAY_MS)
  assert.equal((await ask(late.planKey)).headers['tokenplan-remaining'], '1')
  engine.last().state = 'Fail'
  await booksAreRight(world)
})

test('who leaves before the answer pays nothing, and the engine is told to stop', async () => {
  const before = await spentOf(world, team)
  engine.instead(PATH, { instead: 'hang' })
  const asked = engine.askedFor(PATH).length
  const wire = wireTo(world.url)
  const body = JSON.stringify(VIDEO)
  const head = [`POST ${PATH} HTTP/1.1`, 'host: x', `authorization: Bearer ${team.planKey}`]
  wire.write([...head, `content-length: ${body.length}`, '', body].join('\r\n'))
  await until(() => engine.askedFor(PATH).length > asked, 'the engine is asked')
  const request = engine.askedFor(PATH).at(-1)
  assert.deepEqual((await spentOf(world, team)).units, { [RESOURCE]: [1, 1] })
  wire.leave()
  await until(() => request?.aborted === true, 'the engine is told')
  await until(() => world.running.book.openHolds() === 0, 'it has ended')
  assert.deepEqual(await spentOf(world, team), before)
  assert.equal((await lastRecord(world, team)).ending, 3)
  await booksAreRight(world)
})

test('what an engine refuses is not begun', async () => {
  const before = await spentOf(world, team)
  const sensitive = { base_resp: { status_code: 1026, status_msg: 'input sensitive' } }
  engine.instead(PATH, json(sensitive))
  const passed = await ask(team.planKey)
  assert.deepEqual(JSON.parse(passed.text), sensitive)
  for (const [behaviour, wanted] of [
    [
      json({ base_resp: { status_code: 1008, status_msg: 'insufficient balance' } }),
      { status: 502, code: 1000 },
    ],
    [
      json({ base_resp: { status_code: 1002, status_msg: 'rpm' } }),
      { status: 529, code: 1039, retry: 'soon' },
    ],
    [
      { status: 500, body: 'oops' },
      { status: 502, code: 1000 },
    ],
    [json({ task_id: '' }), { status: 502, code: 1000, says: /named no task/ }],
    [{ body: 'no json' }, { status: 502, code: 1000 }],
  ] as const) {
    engine.instead(PATH, behaviour)
    assertRefused(await ask(team.planKey), 'native', wanted)
  }
  assert.deepEqual(await spentOf(world, team), before)
  const [row] = await world.running.store.read('select count(*) as running from task where ended_at is null')
  assert.equal(row?.running, 0)
  await booksAreRight(world)
})

test('a task that cannot be written down is given up, and costs nothing', async () => {
  const before = await spentOf(world, team)
  const { store } = world.running
  const { job } = store
  store.job = (statements, bulks) =>
    statements.some(({ sql }) => /update "task" set "remote_id"/.test(sql))
      ? Promise.reject(new Error('disk full'))
      : job(statements, bulks)
  const answer = await ask(team.planKey)
  store.job = job
  assertRefused(answer, 'native', { status: 500, code: 1000 })
  await until(() => world.running.book.openHolds() === 0, 'it has ended')
  assert.deepEqual(await spentOf(world, team), before)
  await booksAreRight(world)
})

test('the sandbox makes a film', async (t) => {
  const paces = { task: { tickMs: 100, everyMs: () => 0 } }
  const lab = await openWorld({ engine: 'sandbox', config: { callbacks: 'any' }, paces })
  const listener = await startFakeUpstream()
  t.after(async () => {
    await lab.close()
    await listener.close()
  })
  const caller = await lab.team({ plan: 'max' })
  const its = videosIn(lab, caller)
  // It is told, and nobody keeps a core busy with asking: a film takes one for some seconds.
  const told = new Promise<{ file_id: string }>((resolve) => {
    listener.answers(({ body }) => {
      const message = JSON.parse(body.toString())
      if (message.status === 'success' || message.status === 'failed') resolve(message)
      return { body: body.toString() }
    })
  })
  const asked = { prompt: 'two red cats on a beach', callback_url: listener.url }
  const id = await its.begin(caller.planKey, asked)
  const { file_id: file } = await told
  assert.equal((await its.queried(id)).status, 'Success')
  const { text } = await lab.call(`/v1/files/retrieve?file_id=${file}`, { key: caller.planKey })
  const film = Buffer.from(await (await fetch(JSON.parse(text).file.download_url)).arrayBuffer())
  assert.equal(film.subarray(4, 8).toString('latin1'), 'ftyp')
  assert.ok(film.length > 20_000, `${film.length} bytes of film`)
  assert.deepEqual((await spentOf(lab, caller)).units, { [RESOURCE]: [1, 0] })
  await booksAreRight(lab)
})
