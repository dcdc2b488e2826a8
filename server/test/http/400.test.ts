import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { type Dialect, dialects } from '../../src/modalities/dialect.ts'
import { nothingCharged, openWorld, truthOf } from '../harness.ts'
import { asking, EVENT_STREAM, PATHS, wholeAnswer } from '../samples.ts'
import { assertIds, assertRefused } from './refused.ts'

const world = await openWorld()
after(() => world.close())
beforeEach(() => world.upstream.forget())
/** One payer for each pool: a refusal takes nothing from any of them. */
const team = await world.team({ plan: 'big', credits: 1e9, wallet: 1e9 })

async function refusedAs400(dialect: Dialect, body: string | Buffer, says: RegExp | string): Promise<void> {
  const before = await truthOf(world, team)
  for (const key of [team.planKey, team.apiKey]) {
    const answer = await world.call(PATHS[dialect], { key, body })
    assertRefused(answer, dialect, { status: 400, code: 2013, says })
  }
  assert.equal(world.upstream.received.length, 0, 'the engine was not asked')
  await nothingCharged(world, team, before)
}

const said = (dialect: Dialect) => JSON.stringify(asking(dialect)).slice(1, -1)
const notAnObject = /^invalid params, the body is not a JSON object/
const twice = (name: string) => new RegExp(`^invalid params: ${name}: given twice`)

const bodies: readonly (readonly [string, (fields: string) => string | Buffer, RegExp])[] = [
  ['an empty body', () => '', notAnObject],
  ['blanks', () => ' \n\t ', notAnObject],
  ['a list', (fields) => `[{${fields}}]`, notAnObject],
  ['a string', () => '"hello"', notAnObject],
  ['a number', () => '1', notAnObject],
  ['null', () => 'null', notAnObject],
  ['half an object', (fields) => `{${fields}`, notAnObject],
  ['half a name', (fields) => `{${fields},"str`, notAnObject],
  ['half a string', (fields) => `{${fields},"a":"b`, notAnObject],
  ['a comma too many', (fields) => `{${fields},}`, notAnObject],
  ['a comma too few', (fields) => `{${fields}"a":1}`, notAnObject],
  ['a name without quotes', (fields) => `{${fields},a:1}`, notAnObject],
  ['single quotes', (fields) => `{${fields},'a':1}`, notAnObject],
  ['a colon too few', (fields) => `{${fields},"a"}`, notAnObject],
  ['something behind', (fields) => `{${fields}} {}`, notAnObject],
  ['NaN', (fields) => `{${fields},"temperature":NaN}`, notAnObject],
  ['a number with a leading zero', (fields) => `{${fields},"top_p":01}`, notAnObject],
  ['a comment', (fields) => `{/* hi */${fields}}`, notAnObject],
  ['a byte order mark', (fields) => `\ufeff{${fields}}`, notAnObject],
  ['a form', () => 'model=MiniMax-M2.7&messages=hi', notAnObject],
  ['bytes that are compressed', () => Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]), notAnObject],
  ['model twice', (fields) => `{${fields},"model":"MiniMax-M2.5"}`, twice('model')],
  ['model twice, the same', (fields) => `{"model":"MiniMax-M2.7",${fields}}`, twice('model')],
  ['model twice, once escaped', (fields) => `{${fields},"\\u006dodel":"M2-her"}`, twice('model')],
  [
    'model twice, all escaped',
    (fields) => `{"\\u006D\\u006f\\u0064\\u0065\\u006C":"M2-her",${fields}}`,
    twice('model'),
  ],
  ['stream twice', (fields) => `{"stream":false,${fields},"stream":true}`, twice('stream')],
  [
    'temperature twice, once null',
    (fields) => `{"temperature":null,${fields},"temperature":1}`,
    twice('temperature'),
  ],
]

for (const dialect of dialects) {
  for (const [name, bodyOf, says] of bodies) {
    test(`${name}: ${dialect}`, () => refusedAs400(dialect, bodyOf(said(dialect)), says))
  }

  test(`a million brackets are the engine's to judge: ${dialect}`, async () => {
    const body = `{${said(dialect)},"x":${'['.repeat(1e6)}${']'.repeat(1e6)}}`
    const answer = await world.call(PATHS[dialect], { key: team.planKey, body })
    assert.equal(answer.status, 200, answer.text)
  })

  test(`the limit of output twice, once escaped: ${dialect}`, async () => {
    const name = dialect === 'openai-responses' ? 'max_output_tokens' : 'max_tokens'
    const escaped = [...name].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
    await refusedAs400(dialect, `{${said(dialect)},"${name}":5,"${escaped}":100000}`, twice(name))
  })

  test(`a field that is none of ours may stand twice: ${dialect}`, async () => {
    const body = `{"x":1,${said(dialect)},"x":{"model":1,"model":2}}`
    const answer = await world.call(PATHS[dialect], { key: team.planKey, body })
    assert.equal(answer.status, 200, answer.text)
    assert.equal(world.upstream.last().body.toString(), body)
  })
}

const STRING = '"text"'
const values = {
  string: STRING,
  number: '1',
  boolean: 'true',
  array: '[]',
  object: '{}',
  null: 'null',
} as const
type Kind = keyof typeof values

/** Every known field and what it may be; null stands for absent but where the field is required. */
const common: Readonly<Record<string, readonly Kind[]>> = {
  stream: ['boolean'],
  temperature: ['number'],
  top_p: ['number'],
  tools: ['array'],
  metadata: ['object'],
}
const chat: Readonly<Record<string, readonly Kind[]>> = {
  ...common,
  max_tokens: ['number'],
  max_completion_tokens: ['number'],
  n: ['number'],
  stream_options: ['object'],
  reasoning_split: ['boolean'],
  tool_choice: ['string', 'object'],
}
const known: Readonly<Record<Dialect, Readonly<Record<string, readonly Kind[]>>>> = {
  anthropic: {
    ...common,
    max_tokens: ['number'],
    system: ['string', 'array'],
    tool_choice: ['object'],
    thinking: ['object'],
  },
  'openai-chat': chat,
  native: chat,
  'openai-responses': {
    ...common,
    instructions: ['string'],
    max_output_tokens: ['number'],
    tool_choice: ['string', 'object'],
    text: ['object'],
    reasoning: ['object'],
  },
}
const required = (dialect: Dialect): Readonly<Record<string, readonly Kind[]>> =>
  dialect === 'openai-responses'
    ? { model: ['string'], input: ['string', 'array'] }
    : { model: ['string'], messages: ['array'] }

function withField(dialect: Dialect, name: string, json: string | undefined): string {
  const fields = Object.entries(asking(dialect)).filter(([field]) => field !== name)
  const texts = fields.map(([field, value]) => `${JSON.stringify(field)}:${JSON.stringify(value)}`)
  return `{${[...texts, ...(json === undefined ? [] : [`${JSON.stringify(name)}:${json}`])].join(',')}}`
}

for (const dialect of dialects) {
  for (const [name, kinds] of Object.entries({ ...known[dialect], ...required(dialect) })) {
    test(`${name} of a wrong type: ${dialect}`, async () => {
      const before = await truthOf(world, team)
      const isRequired = name in required(dialect)
      const allowed: readonly Kind[] = isRequired ? kinds : [...kinds, 'null']
      for (const kind of Object.keys(values) as Kind[]) {
        if (allowed.includes(kind)) continue
        const body = withField(dialect, name, values[kind])
        const answer = await world.call(PATHS[dialect], { key: team.planKey, body })
        assertRefused(answer, dialect, { status: 400, code: 2013, says: `${name}: must be ` })
      }
      if (isRequired) {
        const answer = await world.call(PATHS[dialect], {
          key: team.planKey,
          body: withField(dialect, name, undefined),
        })
        assertRefused(answer, dialect, { status: 400, code: 2013, says: `${name}: missing` })
      }
      assert.equal(world.upstream.received.length, 0)
      await nothingCharged(world, team, before)
    })
  }

  const ranges: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    [
      'temperature',
      ['0', '-0.1', '1.01', '2', '1e9', '-1e-300', '0e5'],
      ['0.01', '1', '1.0', '1e-300', '0.999'],
    ],
    ['top_p', ['0', '-1', '1.0001', '1e3'], ['0.0001', '1', '0.95']],
  ]
  for (const [name, wrong, right] of ranges) {
    test(`${name} is in (0, 1]: ${dialect}`, async () => {
      const before = await truthOf(world, team)
      for (const value of wrong) {
        const answer = await world.call(PATHS[dialect], {
          key: team.planKey,
          body: withField(dialect, name, value),
        })
        assertRefused(answer, dialect, {
          status: 400,
          code: 2013,
          says: `${name}: must be in (0, 1], got ${value}`,
        })
      }
      await nothingCharged(world, team, before)
      for (const value of right) {
        const answer = await world.call(PATHS[dialect], {
          key: team.planKey,
          body: withField(dialect, name, value),
        })
        assert.equal(answer.status, 200, answer.text)
        assert.equal(answer.headers['tokenplan-pool'], 'plan', answer.text)
      }
    })
  }

  test(`the limit of output is a whole number from 1: ${dialect}`, async () => {
    const names = Object.keys(known[dialect]).filter((name) => /^max_/.test(name))
    assert.ok(names.length > 0)
    for (const name of names) {
      for (const value of ['0', '-1', '1.5', '1e400', '-1e3']) {
        const answer = await world.call(PATHS[dialect], {
          key: team.planKey,
          body: withField(dialect, name, value),
        })
        assertRefused(answer, dialect, { status: 400, code: 2013, says: `${name}: must be ` })
      }
      const answer = await world.call(PATHS[dialect], {
        key: team.planKey,
        body: withField(dialect, name, '1.0'),
      })
      assert.equal(answer.headers['tokenplan-pool'], 'plan', answer.text)
    }
  })

  test(`a model's id is a text of some length: ${dialect}`, async () => {
    await refusedAs400(dialect, withField(dialect, 'model', '""'), /^invalid params: model: must be /)
    await refusedAs400(
      dialect,
      withField(dialect, 'model', `"${'m'.repeat(5000)}"`),
      /^invalid params: model: must be /,
    )
  })
}

for (const dialect of ['openai-chat', 'native'] as const) {
  test(`n is 1: ${dialect}`, async () => {
    for (const n of ['0', '2', '-1', '1.5'])
      await refusedAs400(dialect, withField(dialect, 'n', n), 'n: must be 1')
    const answer = await world.call(PATHS[dialect], { key: team.planKey, body: withField(dialect, 'n', '1') })
    assert.equal(answer.status, 200, answer.text)
  })
}

/** The engine's own words about the caller's mistake pass on; the caller pays nothing, whatever would have paid. */
for (const dialect of dialects) {
  for (const status of [400, 404, 413, 422]) {
    test(`${status} of the engine passes with its body, uncharged: ${dialect}`, async () => {
      const before = await truthOf(world, team)
      const body = JSON.stringify({
        type: 'error',
        error: { type: 'x', message: 'messages[3]: no role (2013)' },
      })
      for (const [index, key] of [team.planKey, team.apiKey].entries()) {
        world.upstream.next({
          status,
          body,
          headers: { 'content-type': 'application/problem+json', 'x-theirs': '1' },
        })
        const answer = await world.call(PATHS[dialect], { key, body: asking(dialect) })
        assert.equal(answer.status, status)
        assert.equal(answer.text, body)
        assert.equal(answer.headers['content-type'], 'application/problem+json')
        assert.equal(answer.headers['x-theirs'], undefined)
        assert.equal(answer.headers['retry-after'], undefined)
        assert.notEqual(
          answer.headers['tokenplan-units'],
          '1',
          'it was not charged, and the headers do not say it was',
        )
        assertIds(answer)
        assert.equal(world.upstream.received.length, index + 1, 'it is not tried again')
        await nothingCharged(world, team, before)
      }
    })
  }

  test(`the engine's refusal in several pieces, and empty: ${dialect}`, async () => {
    const before = await truthOf(world, team)
    world.upstream.next(
      { status: 400, body: ['{"error":', '{"message":', '"no"}}'] },
      { status: 422, body: '' },
    )
    const pieces = await world.call(PATHS[dialect], {
      key: team.planKey,
      body: asking(dialect, { stream: true }),
    })
    assert.deepEqual([pieces.status, pieces.text], [400, '{"error":{"message":"no"}}'])
    const empty = await world.call(PATHS[dialect], { key: team.planKey, body: asking(dialect) })
    assert.deepEqual([empty.status, empty.text, empty.whole], [422, '', true])
    await nothingCharged(world, team, before)
  })

  test(`base_resp with an error as the first event of a stream passes, uncharged: ${dialect}`, async () => {
    const before = await truthOf(world, team)
    const refusal = { choices: null, base_resp: { status_code: 1026, status_msg: 'input sensitive' } }
    const body = `data: ${JSON.stringify(refusal)}\n\n`
    for (const key of [team.planKey, team.apiKey]) {
      world.upstream.next({ headers: EVENT_STREAM, body })
      const answer = await world.call(PATHS[dialect], { key, body: asking(dialect, { stream: true }) })
      assert.equal(answer.status, 200, answer.text)
      assert.ok(answer.whole && answer.text.includes('input sensitive'), answer.text)
      await nothingCharged(world, team, before)
    }
  })

  test(`base_resp with an error inside a 200 passes, uncharged: ${dialect}`, async () => {
    const before = await truthOf(world, team)
    const answered = JSON.parse(wholeAnswer(dialect)) as object
    const body = JSON.stringify({
      ...answered,
      base_resp: { status_code: 1026, status_msg: 'input sensitive' },
    })
    for (const key of [team.planKey, team.apiKey]) {
      for (const pieces of [
        [body],
        [body.slice(0, 20), body.slice(20)],
        [body.slice(0, -9), body.slice(-9)],
      ]) {
        world.upstream.next({ body: pieces, headers: { 'content-length': String(body.length) } })
        const answer = await world.call(PATHS[dialect], { key, body: asking(dialect) })
        assert.deepEqual(
          [answer.status, answer.text, answer.whole],
          [200, body, true],
          `${pieces.length} pieces`,
        )
        await nothingCharged(world, team, before)
      }
    }
  })
}
