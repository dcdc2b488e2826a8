import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { booksAreRight, openWorld, until } from '../harness.ts'
import { FILM, json, taskEngine } from '../task-engine.ts'
import { spentOf } from '../task-truth.ts'
import { endsOf, PRICE, QUERY, RESOURCE, videosIn } from '../videos.ts'
import { assertLogsAreClean, assertRefused } from './refused.ts'

/** Videos whose engine, books, configuration or server fail in the middle. */
const world = await openWorld()
after(() => world.close())
const engine = taskEngine(world.upstream)
const team = await world.team({ plan: 'max', credits: 1e9, wallet: 1e9 })
const { ask, begin, queried, reaches } = videosIn(world, team)

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Every test has a day of its own. */
beforeEach(() => world.advance(DAY_MS - (world.now() % DAY_MS)))

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
  const lost = { status_code: 1000, status_msg: 'the engine has lost the task' }
  assert.deepEqual((await reaches(id, 'Fail')).base_resp, lost)

  const second = await begin(team.planKey)
  engine.instead(QUERY, json({ error: 'no such task' }, 404))
  const { base_resp } = await reaches(second, 'Fail')
  assert.deepEqual(base_resp, lost)
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
  assert.deepEqual(await endsOf(world, mine), { holds: 2, ends: 2, tasks: 2 })
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
  assert.deepEqual(await endsOf(world, busy), { holds: 40, ends: 40, tasks: 40 })
  assert.deepEqual(await spentOf(world, busy), {
    units: {},
    creditNanos: 0,
    walletNanos: 0,
    heldNanos: 0,
    files: 40,
  })
  await booksAreRight(world)
})

test('none waits for those that were begun before it and go on', async () => {
  const busy = await world.team({ wallet: 40 * PRICE })
  const ids: string[] = []
  for (let count = 0; count < 40; count++) ids.push(await begin(busy.apiKey))
  const begun = engine.tasks.slice(-40)
  const last = begun.at(-1)
  assert.ok(last)
  last.state = 'Success'
  await reaches(ids.at(-1) ?? '', 'Success', busy)
  for (const task of begun) task.state = 'Fail'
  await until(() => world.running.book.openHolds() === 0, 'all are done')
  assert.equal((await spentOf(world, busy)).walletNanos, 39 * PRICE)
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
  assert.deepEqual(await endsOf(world, mine), { holds: 3, ends: 3, tasks: 3 })
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
  assert.deepEqual(await endsOf(world, mine), { holds: 1, ends: 1, tasks: 1 })
  assert.deepEqual((await spentOf(world, mine)).walletNanos, 0)
  await booksAreRight(world)
})

test('a file that is here already is not fetched again after a start', async () => {
  const mine = await world.team({ wallet: PRICE })
  const id = await begin(mine.apiKey)
  const task = engine.last()
  const download = `/download/${task.fileId}.mp4`
  const { store } = world.running
  const { job } = store
  store.job = (statements, bulks) =>
    bulks?.length ? Promise.reject(new Error('disk full')) : job(statements, bulks)
  task.state = 'Success'
  await until(() => engine.askedFor(download).length === 1, 'it is fetched')
  await until(() => world.running.book.openHolds() === 0, 'its end is decided')
  // The end was never written; the next process knows nothing of it.
  await world.restart()
  await reaches(id, 'Success', mine)
  assert.equal(engine.askedFor(download).length, 1)
  assert.deepEqual(await endsOf(world, mine), { holds: 1, ends: 1, tasks: 1 })
  assert.deepEqual((await spentOf(world, mine)).files, 1)
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
