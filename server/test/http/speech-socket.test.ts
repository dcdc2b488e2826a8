import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { wireTo } from '../calling.ts'
import { converse, failsWith, finish, hesitant, soundIn, speaker, text } from '../conversation.ts'
import { booksAreRight, openWorld, UPSTREAM_KEY, until, type World } from '../harness.ts'
import { EVENT_STREAM } from '../samples.ts'
import { spoken, taskEngine } from '../task-engine.ts'
import { spentOf } from '../task-truth.ts'
import type { Team } from '../teams.ts'

/** What is said over the WebSocket, and in which turn. Where it breaks stands in speech-socket-ends. */
const world = await openWorld()
after(() => world.close())
const engine = taskEngine(world.upstream)
const team = await world.team({ plan: 'max', wallet: 1e9 })

const DAY_MS = 86_400_000
const PATH = '/v1/t2a_v2'
const CHARACTER = 100_000

beforeEach(() => {
  world.advance(DAY_MS)
  world.upstream.forget()
  engine.forget()
})

async function usedBy(by: Team, on: World = world): Promise<number> {
  return (await spentOf(on, by)).units['speech-hd']?.[0] ?? 0
}

async function untilClean(by: Team, wanted: number): Promise<void> {
  await until(() => world.running.book.openHolds() === 0, 'no hold is left open')
  assert.equal(await usedBy(by), wanted)
  await booksAreRight(world)
}

test('a conversation: texts are spoken in their order and cost their characters', async () => {
  const conversation = await converse(world, team.planKey)
  const [connected] = await conversation.hears(1)
  assert.equal(connected?.event, 'connected_success')
  assert.match(connected?.session_id ?? '', /^[0-9a-f]{32}$/)
  const start = {
    model: 'speech-2.8-hd',
    voice_setting: { voice_id: 'Wise_Woman', speed: 1 },
    language_boost: 'auto',
  }
  conversation.say({ event: 'task_start', ...start })
  for (const event of [text('Hello.'), text('汉字!'), text('🙂!'), finish]) conversation.say(event)
  assert.equal(await conversation.closed(), 1000)
  const { heard } = conversation
  assert.deepEqual(
    heard.map(({ event, is_final: isFinal }) => (isFinal === undefined ? event : isFinal)),
    [
      ...['connected_success', 'task_started'],
      ...[false, false, true, false, false, true, false, false, true],
      'task_finished',
    ],
  )
  assert.equal(String(soundIn(heard)), 'Hello.汉字!🙂!')
  assert.equal(new Set(heard.map(({ session_id: id }) => id)).size, 1)
  assert.ok(heard.every(({ base_resp: base }) => base.status_code === 0))
  // Every text is a request of its own, with a hold that its trace leads to.
  assert.equal(new Set(heard.map(({ trace_id: id }) => id)).size, 4)
  const sent = engine.askedFor(PATH)
  assert.deepEqual(
    sent.map(({ body }) => JSON.parse(body.toString())),
    ['Hello.', '汉字!', '🙂!'].map((said) => ({
      ...start,
      text: said,
      stream: true,
      stream_options: { exclude_aggregated_audio: true },
    })),
  )
  assert.ok(sent.every(({ headers }) => headers.authorization === `Bearer ${UPSTREAM_KEY}`))
  await untilClean(team, 6 + 5 + 2)
})

test('an API key pays from the wallet, credits pay what the plan lacks', async () => {
  const payer = await world.team({ plan: 'plus', credits: 3 * CHARACTER, wallet: 5 * CHARACTER })
  const byWallet = await speaker(world, payer.apiKey)
  for (const event of [text('12345'), text('6')]) byWallet.say(event)
  await failsWith(byWallet, 1008, /insufficient balance/)
  assert.equal((await spentOf(world, payer)).walletNanos, 0)
  const byPlan = await speaker(world, payer.planKey)
  for (const said of ['x'.repeat(3_999), 'four', 'y']) byPlan.say(text(said))
  await failsWith(byPlan, 2056, /daily usage limit reached for Token Plan Plus \(4000\/4000 used\)/)
  const spent = await spentOf(world, payer)
  assert.deepEqual(spent, { ...spent, units: { 'speech-hd': [4_000, 0] }, creditNanos: 0, heldNanos: 0 })
  assert.equal(engine.askedFor(PATH).length, 3)
  await booksAreRight(world)
})

test('what a plan does not have, and a model that is none', async () => {
  const poor = await world.team({ plan: 'starter' })
  for (const [key, model, code] of [
    [poor.planKey, 'speech-2.8-hd', 2061],
    [team.planKey, 'speech-2.8-turbo', 2061],
    [team.planKey, 'speech-9', 2013],
  ] as const) {
    const conversation = await speaker(world, key, { model })
    conversation.say(text('Hello.'))
    await failsWith(conversation, code, /./)
  }
  assert.equal(engine.askedFor(PATH).length, 0)
  await untilClean(team, 0)
})

test('who has no key gets no socket', async () => {
  const upgrade = 'connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13'
  const asked = async (path: string, header: string) => {
    const wire = wireTo(world.url)
    wire.write(
      `GET ${path} HTTP/1.1\r\nhost: x\r\n${header}${upgrade}\r\nsec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n`,
    )
    const answer = await wire.says('request_id')
    await wire.closed
    return answer
  }
  const bearer = (key: string) => `authorization: Bearer ${key}\r\n`
  for (const [path, header, status, code] of [
    ['/ws/v1/t2a_v2', '', 401, 1004],
    ['/ws/v1/t2a_v2', bearer('nonsense'), 401, 1004],
    ['/ws/v1/t2a_v2', bearer((await world.team({ revoked: true })).planKey), 401, 1004],
    ['/ws/v1/t2a_v3', bearer(team.planKey), 404, 2013],
    ['/v1/t2a_v2', bearer(team.planKey), 404, 2013],
  ] as const) {
    const answer = await asked(path, header)
    assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `))
    assert.ok(answer.includes(`"status_code":${code}`), answer)
  }
  const other = await converse(world, '', { authorization: '', 'x-api-key': team.planKey })
  assert.equal((await other.hears(1))[0]?.event, 'connected_success')
  other.socket.terminate()
})

test('events out of their turn end it', async () => {
  const start = { event: 'task_start', model: 'speech-2.8-hd' }
  for (const [events, code, says] of [
    [[text('x')], 2202, /task_continue: comes after task_start/],
    [[finish], 2202, /task_finish: comes once, after task_start/],
    [[start, start], 2202, /task_start: the task has begun already/],
    [[{ event: 'task_sing' }], 2202, /event: must be/],
    [[{}], 2202, /event: must be/],
    [['no json'], 2013, /not a JSON object/],
    [['[]'], 2013, /not a JSON object/],
    [[Buffer.from('{}')], 2013, /not a JSON object/],
    [[{ event: 'task_start' }], 2013, /model: missing/],
    [[{ ...start, voice_setting: { speed: 9 } }], 2013, /voice_setting.speed/],
    [[start, { event: 'task_continue', text: 7 }], 2013, /text: must be a text/],
  ] as const) {
    const conversation = await converse(world, team.planKey)
    for (const event of events) conversation.say(event)
    await failsWith(conversation, code, says)
  }
  assert.equal(engine.askedFor(PATH).length, 0)
  await untilClean(team, 0)
})

test('after its end nothing is spoken', async () => {
  const { letGo } = hesitant(engine, '1234')
  const conversation = await speaker(world, team.planKey)
  for (const event of [text('1234'), finish, text('5678')]) conversation.say(event)
  letGo()
  await failsWith(conversation, 2202, /task_continue: comes after task_start and before task_finish/)
  await until(() => world.running.book.openHolds() === 0, 'no hold is left open')
  assert.ok(engine.askedFor(PATH).length <= 1)
})

test('empty and too long texts are skipped, in their place', async () => {
  const conversation = await speaker(world, team.planKey)
  for (const said of ['', 'one', 'x'.repeat(10_001), '汉'.repeat(10_001), 'two']) conversation.say(text(said))
  conversation.say(finish)
  assert.equal(await conversation.closed(), 1000)
  const told = conversation.heard
    .slice(2)
    .filter(({ event, is_final: last }) => event !== 'task_continued' || last)
  assert.deepEqual(
    told.map(({ event, base_resp: base }) => [event, base.status_code]),
    [...[2203, 0, 2204, 2204, 0].map((code) => ['task_continued', code]), ['task_finished', 0]],
  )
  assert.equal(String(soundIn(conversation.heard)), 'onetwo')
  await untilClean(team, 6)
})

test('texts that nobody waits for are not collected without an end', async () => {
  engine.instead(PATH, { instead: 'hang' })
  const conversation = await speaker(world, team.planKey)
  conversation.say(text('hello'))
  await until(() => engine.askedFor(PATH).length === 1, 'the first is being spoken')
  for (let count = 0; count <= 100; count++) conversation.say(text('hello'))
  await failsWith(conversation, 2205, /more than 100 texts/)
  await untilClean(team, 0)
  assert.equal(engine.askedFor(PATH).length, 1)
  await until(() => engine.askedFor(PATH)[0]?.aborted === true, 'the engine is told')
})

test('a message of a megabyte ends it', async () => {
  const conversation = await speaker(world, team.planKey)
  conversation.say(text('x'.repeat(1024 * 1024)))
  assert.equal(await conversation.closed(), 1009)
  await untilClean(team, 0)
})

test('silence ends it, but neither listening nor an engine that thinks is silence', async (t) => {
  const hasty = await openWorld({ paces: { speechIdleMs: 40 } })
  t.after(() => hasty.close())
  const slow = taskEngine(hasty.upstream)
  const caller = await hasty.team({ plan: 'max' })
  let letGo: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    letGo = resolve
  })
  slow.instead(PATH, {
    headers: EVENT_STREAM,
    body: async function* () {
      await held
      yield* spoken('hello')
    },
  })
  const listening = await speaker(hasty, caller.planKey)
  listening.say(text('hello'))
  for (let count = 0; count < 3; count++) {
    const silent = await converse(hasty, caller.planKey)
    await failsWith(silent, 2201, /no message for 120 seconds/)
  }
  letGo()
  await failsWith(listening, 2201, /no message for 120 seconds/)
  assert.equal(String(soundIn(listening.heard)), 'hello')
  assert.equal(await usedBy(caller, hasty), 5)
  await booksAreRight(hasty)
})

test('the sandbox speaks', async (t) => {
  const lab = await openWorld({ engine: 'sandbox' })
  t.after(() => lab.close())
  const caller = await lab.team({ plan: 'max' })
  const conversation = await speaker(lab, caller.planKey, {
    audio_setting: { format: 'mp3', sample_rate: 16_000 },
  })
  for (const event of [text('Good morning to you.'), finish]) conversation.say(event)
  assert.equal(await conversation.closed(), 1000)
  const sound = soundIn(conversation.heard)
  assert.ok(sound.length > 2_000, `${sound.length} bytes of sound`)
  assert.equal(await usedBy(caller, lab), 20)
  await booksAreRight(lab)
})
