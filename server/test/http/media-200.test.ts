import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { booksAreRight, lastRecord, openWorld, UPSTREAM_KEY } from '../harness.ts'
import { askingFor, kindNames, kinds, madeAnswer, SOUND, soundEvents } from '../media-samples.ts'
import { lastSent, made, mediaTruth, paidBy } from '../media-truth.ts'
import { EVENT_STREAM } from '../samples.ts'
import { assertIds, assertLogsAreClean } from './refused.ts'

const world = await openWorld()
after(() => world.close())
beforeEach(() => world.upstream.forget())

const LIMITS = { speech: 11_000, images: 120, song: 100, cover: 100, preprocess: 100, lyrics: 100 } as const
const limitOf = (kind: string) => (LIMITS as Readonly<Record<string, number>>)[kind] ?? 15_000

for (const kind of kindNames) {
  const { path, resource, units, nanos } = kinds[kind]
  const used = units > 0 ? { [resource]: units } : {}

  test(`${kind}: paid by the plan, in the engine's words`, async () => {
    const team = await world.team({ plan: 'max', credits: 1e9, wallet: 1e9 })
    const before = await mediaTruth(world, team)
    const answer = await made(world, team.planKey, kind)

    assert.equal(answer.status, 200, answer.text)
    assertIds(answer)
    assert.match(String(answer.headers['content-type']), /^application\/json/)
    assert.deepEqual(paidBy(answer), ['plan', String(units), String(limitOf(kind) - units)])
    assert.equal(answer.headers['tokenplan-reset'], '0')
    const { base_resp } = JSON.parse(answer.text)
    assert.deepEqual(base_resp, { status_code: 0, status_msg: 'success' })
    const files = kind === 'images' ? 1 : 0
    assert.deepEqual(await mediaTruth(world, team), { ...before, used, files })
    const record = await lastRecord(world, team)
    assert.deepEqual([record.units, record.nanos, record.made_units], [units, 0, units])
    await booksAreRight(world)
  })

  for (const pool of ['credits', 'wallet'] as const) {
    test(`${kind}: paid by ${pool}, to the nano`, async () => {
      // A plan with nothing of it, and one with everything: the pool is chosen by the key, and by what the plan has.
      const plan = pool === 'credits' ? null : 'max'
      const team = await world.team({ plan, credits: 1e9, wallet: 1e9 })
      const before = await mediaTruth(world, team)
      const answer = await made(world, pool === 'credits' ? team.planKey : team.apiKey, kind)
      assert.equal(answer.status, 200, answer.text)
      assert.deepEqual(paidBy(answer), [pool, String(units), undefined])
      const paid = pool === 'credits' ? { lots: [1e9 - nanos] } : { walletNanos: 1e9 - nanos }
      const files = kind === 'images' ? 1 : 0
      assert.deepEqual(await mediaTruth(world, team), { ...before, ...paid, files })
      await booksAreRight(world)
    })
  }

  test(`${kind}: the body goes to the engine as it is, with the operator's key and nothing of the caller's`, async () => {
    const team = await world.team({ plan: 'max' })
    const body = askingFor(kind, { future_field: { deep: [1, null, 'Üñí 😀'] }, aigc_watermark: null })
    const headers = {
      'x-api-key': team.planKey,
      cookie: 'session=1',
      'mm-api-source': 'Minimax-MCP-JS',
      'user-agent': 'mmx-cli/1.0.17',
    }
    const answer = await world.call(`${path}?GroupId=1`, { headers, body })
    assert.equal(answer.status, 200, answer.text)
    assert.deepEqual(lastSent(world), body)
    const { headers: sent, path: at, method } = world.upstream.received[0] ?? world.upstream.last()
    assert.deepEqual([method, at], ['POST', path])
    assert.equal(sent.authorization, `Bearer ${UPSTREAM_KEY}`)
    assert.equal(sent['content-type'], 'application/json')
    assert.ok(!JSON.stringify(sent).includes(team.planKey))
    for (const name of ['cookie', 'x-api-key', 'mm-api-source']) assert.equal(sent[name], undefined, name)
    assert.notEqual(sent['user-agent'], 'mmx-cli/1.0.17')
  })

  test(`${kind}: headers of the engine stay behind`, async () => {
    const team = await world.team({ plan: 'max' })
    const headers = { 'set-cookie': 'a=b', server: 'gpu', 'x-request-id': 'theirs', 'trace-id': 'theirs' }
    world.upstream.next({ headers, body: JSON.stringify(madeAnswer(kind, {}, world.upstream.url)) })
    const answer = await made(world, team.planKey, kind)
    assert.equal(answer.status, 200, answer.text)
    assert.deepEqual([answer.headers['set-cookie'], answer.headers.server], [undefined, undefined])
    assertIds(answer)
  })
}

const rebuilt = { speech: { output_format: 'url' }, song: { output_format: 'url' }, preprocess: {} } as const
for (const [kind, more] of Object.entries(rebuilt)) {
  test(`${kind}: an answer that is written anew carries our id as its trace`, async () => {
    const team = await world.team({ plan: 'max' })
    const answer = await made(world, team.planKey, kind as keyof typeof rebuilt, more)
    assert.equal(JSON.parse(answer.text).trace_id, answer.headers['x-request-id'], answer.text)
  })
}

test('the engine hears our id of the model, whatever the caller wrote', async () => {
  const team = await world.team({ plan: 'max' })
  for (const [kind, asked, sent] of [
    ['speech', 'SPEECH-2.8-HD', 'speech-2.8-hd'],
    ['speech', 'tts-1', 'speech-2.8-hd'],
    ['images', 'dall-e-3', 'image-01'],
    ['song', 'Music-2.6', 'music-2.6'],
  ] as const) {
    const answer = await made(world, team.planKey, kind, { model: asked })
    assert.equal(paidBy(answer)[0], 'plan', answer.text)
    assert.equal(lastSent(world).model, sent)
  }
})

for (const kind of ['speech', 'song'] as const) {
  const odd = `${JSON.stringify(madeAnswer(kind), null, 3)}\n `
  for (const [name, pieces] of [
    ['in one piece', [odd]],
    ['byte by byte', [...odd]],
  ] as const) {
    test(`${kind}: an answer in hexadecimal passes byte for byte, ${name}`, async () => {
      const team = await world.team({ plan: 'max' })
      world.upstream.next({ headers: { 'content-type': 'application/json; charset=UTF-8' }, body: pieces })
      const answer = await made(world, team.planKey, kind)
      assert.equal(answer.text, odd)
      assert.equal(answer.headers['content-type'], 'application/json; charset=UTF-8')
      assert.equal(paidBy(answer)[0], 'plan')
    })
  }

  test(`${kind}: a stream passes as it comes`, async () => {
    const team = await world.team({ plan: 'max' })
    const [first = '', ...rest] = soundEvents()
    let goOn: () => void = () => undefined
    const heard = new Promise<void>((resolve) => {
      goOn = resolve
    })
    world.upstream.next({
      headers: EVENT_STREAM,
      body: async function* () {
        yield first
        await heard
        yield* rest
      },
    })
    const call = await world.open(kinds[kind].path, {
      key: team.planKey,
      body: askingFor(kind, { stream: true }),
    })
    // The engine says no more before the caller has the first piece.
    await call.reach(first.length)
    goOn()
    const answer = await call.read()
    assert.ok(answer.whole)
    assert.equal(answer.text, first + rest.join(''))
    assert.match(String(answer.headers['content-type']), /^text\/event-stream/)
    assertIds(answer)
    assert.deepEqual(paidBy(answer)[0], 'plan')
    assert.deepEqual((await mediaTruth(world, team)).used, { [kinds[kind].resource]: kinds[kind].units })
    await booksAreRight(world)
  })

  test(`${kind}: megabytes of hexadecimal`, async () => {
    const team = await world.team({ plan: 'max' })
    const audio = 'ab'.repeat(6_000_000)
    const whole = JSON.stringify({ data: { audio, status: 2 }, base_resp: { status_code: 0 } })
    world.upstream.next({ body: whole })
    const answer = await made(world, team.planKey, kind)
    assert.ok(answer.text === whole, 'all of it, and nothing else')
    assert.equal((await lastRecord(world, team)).made_units, kinds[kind].units)
  })
}

test('song: fields of speech change nothing', async () => {
  const team = await world.team({ plan: 'max' })
  const answer = await made(world, team.planKey, 'song', { stream: true, subtitle_enable: true })
  assert.equal(answer.text, soundEvents({ subtitle_enable: true }, world.upstream.url).join(''))
  assert.deepEqual((await mediaTruth(world, team)).used, { 'music-2.6': 1 })
})

test('speech: a Han character counts two, any other code point one, tags too', async () => {
  const team = await world.team({ plan: 'max' })
  for (const [text, units] of [
    ['你好', 4],
    ['你好, world', 11],
    ['こんにちは', 5],
    ['안녕하세요', 5],
    ['漢字かな', 6],
    ['𠮷', 2],
    ['😀', 1],
    ['(laughs) <#0.5#>', 16],
    [' \n', 2],
  ] as const) {
    const before = (await mediaTruth(world, team)).used['speech-hd'] ?? 0
    const answer = await made(world, team.planKey, 'speech', { text })
    assert.equal(paidBy(answer)[1], String(units), text)
    assert.equal((await mediaTruth(world, team)).used['speech-hd'], before + units)
  }
})

test('speech: what the engine counts is not the charge', async () => {
  const team = await world.team({ plan: null, wallet: 1e9 })
  const answer = await made(world, team.apiKey, 'speech', { text: 'four' })
  assert.equal(JSON.parse(answer.text).extra_info.usage_characters, 1_000_000)
  assert.equal((await mediaTruth(world, team)).walletNanos, 1e9 - 400_000)
})

test('images in base64 stay in the answer', async () => {
  const team = await world.team({ plan: 'max' })
  const answer = await made(world, team.planKey, 'images', { n: 3, response_format: 'base64' })
  const { data, metadata } = JSON.parse(answer.text)
  assert.deepEqual(data, (madeAnswer('images', { n: 3, response_format: 'base64' }) as { data: object }).data)
  assert.deepEqual(metadata, { success_count: '3', failed_count: '0' })
  assert.deepEqual(await mediaTruth(world, team), {
    used: { 'image-01': 3 },
    ...{ heldUnits: 0, heldNanos: 0, lots: [], walletNanos: 0, files: 0 },
  })
})

test('thirty at once are thirty times their units', async () => {
  const team = await world.team({ plan: 'max' })
  const rounds = Array.from({ length: 30 }, (_, index) => kindNames[index % kindNames.length] ?? 'search')
  const answers = await Promise.all(rounds.map((kind) => made(world, team.planKey, kind)))
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
  assert.equal(new Set(answers.map(({ headers }) => headers['x-request-id'])).size, 30)
  const wanted: Record<string, number> = {}
  for (const kind of rounds) {
    const { resource, units } = kinds[kind]
    if (units > 0) wanted[resource] = (wanted[resource] ?? 0) + units
  }
  assert.deepEqual((await mediaTruth(world, team)).used, wanted)
  await booksAreRight(world)
})

test('nothing of all this is in the log', () => {
  assert.deepEqual(world.logs, [])
  assertLogsAreClean(world, SOUND.toString('hex'))
})
