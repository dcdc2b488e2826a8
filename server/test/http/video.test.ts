import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { type Answer, wireTo } from '../calling.ts'
import { startFakeUpstream } from '../fake-upstream.ts'
import { booksAreRight, lastRecord, openWorld, UPSTREAM_KEY, until, type World } from '../harness.ts'
import { FILM, json, taskEngine } from '../task-engine.ts'
import { spentOf } from '../task-truth.ts'
import type { Team } from '../teams.ts'
import { assertLogsAreClean, assertRefused } from './refused.ts'

const world = await openWorld()
after(() => world.close())
const engine = taskEngine(world.upstream)
const team = await world.team({ plan: 'max', credits: 1e9, wallet: 1e9 })
const other = await world.team({ plan: 'max' })

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const RESOURCE = 'hailuo-2.3-768p-6s'
const PRICE = 280_000_000
const PROMPT = 'a cat on a beach'
const BODY = { model: 'MiniMax-Hailuo-2.3', prompt: PROMPT }
const PATH = '/v1/video_generation'
const QUERY = '/v1/query/video_generation'

type Told = {
  task_id: string
  status: string
  file_id: string
  base_resp: { status_code: number; status_msg: string }
}

/** Every test has a day of its own. */
beforeEach(() => world.advance(DAY_MS - (world.now() % DAY_MS)))

function ask(key: string, more: object = {}, on: World = world): Promise<Answer> {
  return on.call(PATH, { key, body: { ...BODY, ...more } })
}

async function begin(key: string, more: object = {}, on: World = world): Promise<string> {
  const answer = await ask(key, more, on)
  const { task_id: id, base_resp: base } = JSON.parse(answer.text) as Told
  assert.equal(base.status_code, 0, answer.text)
  return id
}

async function queried(id: string, by: Team = team, on: World = world): Promise<Told> {
  return JSON.parse((await on.call(`${QUERY}?task_id=${id}`, { key: by.planKey })).text) as Told
}

async function reaches(id: string, state: string, by: Team = team, on: World = world): Promise<Told> {
  let told: Told | undefined
  await until(async () => {
    told = await queried(id, by, on)
    return told.status === state
  }, `the task ${id} is ${state}`)
  assert.ok(told)
  return told
}

/** How often a hold of the team ended; each must once. */
async function ends(
  by: Team = team,
  on: World = world,
): Promise<{ holds: number; ends: number; tasks: number }> {
  const [row] = await on.running.store.read(
    `select (select count(*) from hold where team = ?) as holds, (select count(*) from task where team = ?) as tasks,
      (select count(*) from hold_end join hold on hold.id = hold_end.hold where hold.team = ?) as ends`,
    [by.team, by.team, by.team],
  )
  return { holds: Number(row?.holds), ends: Number(row?.ends), tasks: Number(row?.tasks) }
}

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
    ...BODY,
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
    ['', 2013, 'invalid params, no\0thing', { status_code: 2013, status_msg: 'invalid params, nothing' }],
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

test('a deadline ends what its engine does not, and what the engine says later is not heard', async () => {
  const before = await spentOf(world, team)
  const id = await begin(team.planKey)
  const task = engine.last()
  task.state = 'Processing'
  await reaches(id, 'Processing')
  world.advance(3 * HOUR_MS - 1)
  await until(() => engine.askedFor(QUERY).length > 3, 'it is looked at')
  assert.equal((await queried(id)).status, 'Processing')
  world.advance(1)
  const { base_resp } = await reaches(id, 'Fail')
  assert.deepEqual(base_resp, { status_code: 1001, status_msg: 'it was not done by its deadline' })
  task.state = 'Success'
  world.upstream.forget()
  const next = await begin(team.planKey)
  engine.last().state = 'Fail'
  await reaches(next, 'Fail')
  assert.ok(engine.askedFor(QUERY).every(({ path: asked }) => !asked.endsWith(task.id)))
  assert.equal((await queried(id)).status, 'Fail')
  assert.deepEqual(await spentOf(world, team), before)
  await booksAreRight(world)
})

test('an engine that lost the task ends it, one that cannot be reached does not', async () => {
  const before = await spentOf(world, team)
  const id = await begin(team.planKey)
  const task = engine.last()
  task.state = 'Processing'
  await reaches(id, 'Processing')
  for (const trouble of [
    { instead: 'reset' },
    { status: 500, body: 'oops' },
    { status: 404, body: '<html>not found</html>' },
    { body: '{"half":' },
    { body: '[]' },
    json({ base_resp: { status_code: 1002, status_msg: 'rate limit' } }),
    json({ base_resp: { status_code: 1004, status_msg: 'login fail' } }),
    json({ base_resp: { status_code: 2056, status_msg: 'usage limit' } }),
  ] as const) {
    // A look is asked again once where the connection broke.
    engine.instead(QUERY, trouble, trouble)
    const asked = engine.askedFor(QUERY).length
    await until(() => engine.askedFor(QUERY).length > asked + 3, 'it is looked at again')
    assert.equal((await queried(id)).status, 'Processing')
  }
  engine.down = true
  await until(() => engine.askedFor(QUERY).length > 3, 'it is asked in vain')
  assert.equal((await queried(id)).status, 'Processing')
  engine.down = false
  task.isForgotten = true
  const told = await reaches(id, 'Fail')
  assert.equal(told.base_resp.status_code, 2013)

  const second = await begin(team.planKey)
  engine.instead(QUERY, json({ error: 'no such task' }, 404))
  const { base_resp } = await reaches(second, 'Fail')
  assert.deepEqual(base_resp, { status_code: 1000, status_msg: 'the engine has lost the task' })
  assert.deepEqual(await spentOf(world, team), before)
  await booksAreRight(world)
})

test('a file that is not to be had at first is fetched again, and is there once', async () => {
  const before = await spentOf(world, team)
  const id = await begin(team.planKey)
  const task = engine.last()
  const download = `/download/${task.fileId}.mp4`
  engine.instead(
    '/v1/files/retrieve',
    { status: 500 },
    json({ file: {} }),
    json({ file: { download_url: 'file:///etc/passwd' } }),
  )
  engine.instead(
    download,
    { status: 404 },
    { instead: 'reset' },
    { status: 302, headers: { location: download } },
    { headers: { 'content-length': String(FILM.length) }, body: FILM.subarray(0, 9), ending: 'reset' },
    { status: 302, headers: { location: '/download/elsewhere' } },
  )
  task.state = 'Success'
  const told = await reaches(id, 'Success')
  assert.equal(engine.askedFor('/download/elsewhere').length, 1)
  const { files, units } = await spentOf(world, team)
  assert.deepEqual([files, units[RESOURCE]], [before.files + 1, [1, 0]])
  const content = await world.call(`/v1/files/retrieve_content?file_id=${told.file_id}`, {
    key: team.planKey,
  })
  assert.equal(content.text, FILM.toString())
  // Every trouble is one line of the log, however often it is met.
  const lines = world.logs.filter((line) => line.includes(`task ${id}`))
  assert.ok(lines.length >= 3 && lines.length < 12, lines.join('\n'))
  assertLogsAreClean(world, team.planKey)
})

test('a success without a file is a failure', async () => {
  const before = await spentOf(world, team)
  const id = await begin(team.planKey)
  engine.instead(QUERY, json({ status: 'Success', file_id: '' }))
  assert.deepEqual((await reaches(id, 'Fail')).base_resp, {
    status_code: 1000,
    status_msg: 'the engine named no file',
  })
  assert.deepEqual(await spentOf(world, team), before)
})

test('a success that is said twice is one', async () => {
  const mine = await world.team({ plan: 'max' })
  const id = await begin(mine.planKey)
  engine.last().state = 'Success'
  await reaches(id, 'Success', mine)
  world.upstream.forget()
  const second = await begin(mine.planKey)
  engine.last().state = 'Success'
  await reaches(second, 'Success', mine)
  assert.ok(engine.askedFor(QUERY).every(({ path: asked }) => asked.endsWith(engine.last().id)))
  assert.deepEqual(await ends(mine), { holds: 2, ends: 2, tasks: 2 })
  assert.deepEqual((await spentOf(world, mine)).units, { [RESOURCE]: [2, 0] })
  assert.equal((await spentOf(world, mine)).files, 2)
})

test('more tasks than are looked at at once, at an engine that hangs on some of them', async () => {
  const busy = await world.team({ wallet: 40 * PRICE })
  const ids: string[] = []
  for (let count = 0; count < 40; count++) ids.push(await begin(busy.apiKey))
  const begun = engine.tasks.slice(-40)
  engine.instead(QUERY, ...Array.from({ length: 8 }, () => ({ instead: 'hang' }) as const))
  for (const task of begun) task.state = 'Success'
  // Those that hang are kept until their time is over; all others are not.
  await until(() => world.running.book.openHolds() <= 8, 'the others are done')
  await world.restart()
  for (const id of ids) await reaches(id, 'Success', busy)
  assert.deepEqual(await ends(busy), { holds: 40, ends: 40, tasks: 40 })
  assert.deepEqual(await spentOf(world, busy), {
    units: {},
    creditNanos: 0,
    walletNanos: 0,
    heldNanos: 0,
    files: 40,
  })
  await booksAreRight(world)
})

test('a restart goes on where it stopped: what is held counts, and ends once', async () => {
  const mine = await world.team({ plan: 'max', wallet: PRICE })
  const ids = [await begin(mine.planKey), await begin(mine.apiKey), await begin(mine.planKey)]
  const tasks = engine.tasks.slice(-3)
  for (const task of tasks) task.state = 'Processing'
  for (const id of ids) await reaches(id, 'Processing', mine)
  await world.restart()
  const held = {
    units: { [RESOURCE]: [2, 2] },
    creditNanos: 0,
    walletNanos: PRICE,
    heldNanos: PRICE,
    files: 0,
  }
  assert.deepEqual(await spentOf(world, mine), held)
  assertRefused(await ask(mine.planKey), 'native', { status: 429, code: 2056, retry: 'never' })
  assertRefused(await ask(mine.apiKey), 'native', { status: 402, code: 1008, retry: 'never' })
  await world.stop()
  // It ends while nobody looks.
  for (const [index, state] of ['Success', 'Success', 'Fail'].entries())
    Object.assign(tasks[index] ?? {}, { state })
  await world.restart()
  for (const [index, state] of ['Success', 'Success', 'Fail'].entries())
    await reaches(ids[index] ?? '', state, mine)
  assert.deepEqual(await spentOf(world, mine), {
    ...{ units: { [RESOURCE]: [1, 0] }, creditNanos: 0, walletNanos: 0, heldNanos: 0, files: 2 },
  })
  assert.deepEqual(await ends(mine), { holds: 3, ends: 3, tasks: 3 })
  await booksAreRight(world)
})

test('a stop breaks a download off, and the file comes after the next start', async () => {
  const before = await spentOf(world, team)
  const id = await begin(team.planKey)
  const task = engine.last()
  const download = `/download/${task.fileId}.mp4`
  engine.instead(download, { body: FILM.subarray(0, 5), ending: 'hang' })
  task.state = 'Success'
  await until(() => engine.askedFor(download).length === 1, 'it is being fetched')
  await world.restart()
  const { file_id: file } = await reaches(id, 'Success')
  assert.equal((await spentOf(world, team)).files, before.files + 1)
  const content = await world.call(`/v1/files/retrieve_content?file_id=${file}`, { key: team.planKey })
  assert.equal(content.text, FILM.toString())
  await booksAreRight(world)
})

test('a process that died between the file and the end does not fetch it twice', async () => {
  const id = await begin(team.planKey)
  const task = engine.last()
  const [row] = await world.running.store.read('select file, member from task where id = ?', [Number(id)])
  const place = 'x'.repeat(32)
  const columns = 'id, team, member, purpose, name, content_type, bytes, place, created_at, arriving_until'
  await world.running.store.job([
    {
      sql: `insert into file (${columns}) values (?, ?, ?, '', '', '', 99, ?, ?, ?)`,
      params: [Number(row?.file), team.team, Number(row?.member), place, world.now(), world.now() + HOUR_MS],
    },
  ])
  task.state = 'Success'
  const told = await reaches(id, 'Success')
  assert.equal(told.file_id, String(row?.file))
  const content = await world.call(`/v1/files/retrieve_content?file_id=${told.file_id}`, {
    key: team.planKey,
  })
  assert.equal(content.text, FILM.toString(), 'what had half arrived is gone')
})

test('an end that cannot be written is told when it is, and is written once', async () => {
  const mine = await world.team({ wallet: PRICE })
  const id = await begin(mine.apiKey)
  const { store } = world.running
  const { job } = store
  let refused = 0
  engine.last().state = 'Processing'
  await reaches(id, 'Processing', mine)
  store.job = (statements, bulks) => {
    // Files may be written; the book may not.
    if (!bulks?.length) return job(statements, bulks)
    refused++
    return Promise.reject(new Error('disk full'))
  }
  engine.last().state = 'Success'
  await until(() => refused > 0, 'the end was tried')
  assert.equal((await queried(id, mine)).status, 'Processing', 'nobody is told what is not on the disk')
  store.job = job
  await until(async () => (await queried(id, mine)).status === 'Success', 'it is told')
  assert.deepEqual(await ends(mine), { holds: 1, ends: 1, tasks: 1 })
  assert.deepEqual((await spentOf(world, mine)).walletNanos, 0)
  await booksAreRight(world)
})

test('an engine that left the configuration may come back until the deadline', async () => {
  const mine = await world.team({ plan: 'max' })
  const id = await begin(mine.planKey)
  engine.last().state = 'Success'
  engine.instead('/v1/files/retrieve', ...Array.from({ length: 50 }, () => ({ status: 500 })))
  await world.stop()
  const file = path.join(world.folder, 'config.json')
  const config = readFileSync(file, 'utf8')
  writeFileSync(file, config.replace('"name":"engine"', '"name":"another"'))
  await world.restart()
  world.upstream.forget()
  const elsewhere = await begin(mine.planKey)
  await reaches(elsewhere, 'Preparing', mine)
  assert.equal((await queried(id, mine)).status, 'Preparing')
  assert.deepEqual((await spentOf(world, mine)).units, { [RESOURCE]: [2, 2] })
  engine.last().state = 'Fail'
  await reaches(elsewhere, 'Fail', mine)
  await world.stop()
  writeFileSync(file, config)
  await world.restart()
  await reaches(id, 'Success', mine)
  assert.deepEqual((await spentOf(world, mine)).units, { [RESOURCE]: [1, 0] })
  await booksAreRight(world)
})

test('who leaves before the answer pays nothing, and the engine is told to stop', async () => {
  const before = await spentOf(world, team)
  engine.instead(PATH, { instead: 'hang' })
  const asked = engine.askedFor(PATH).length
  const wire = wireTo(world.url)
  const body = JSON.stringify(BODY)
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
  // It is told, and nobody keeps a core busy with asking: a film takes one for some seconds.
  const told = new Promise<{ file_id: string }>((resolve) => {
    listener.answers(({ body }) => {
      const message = JSON.parse(body.toString())
      if (message.status === 'success' || message.status === 'failed') resolve(message)
      return { body: body.toString() }
    })
  })
  const id = await begin(
    caller.planKey,
    { prompt: 'two red cats on a beach', callback_url: listener.url },
    lab,
  )
  const { file_id: file } = await told
  assert.equal((await queried(id, caller, lab)).status, 'Success')
  const { text } = await lab.call(`/v1/files/retrieve?file_id=${file}`, { key: caller.planKey })
  const film = Buffer.from(await (await fetch(JSON.parse(text).file.download_url)).arrayBuffer())
  assert.equal(film.subarray(4, 8).toString('latin1'), 'ftyp')
  assert.ok(film.length > 20_000, `${film.length} bytes of film`)
  assert.deepEqual((await spentOf(lab, caller)).units, { [RESOURCE]: [1, 0] })
  await booksAreRight(lab)
})
