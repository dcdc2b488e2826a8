import assert from 'node:assert/strict'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, test } from 'node:test'
import { wireTo } from '../calling.ts'
import { pattern } from '../contract/media-store-contract.ts'
import {
  BOUNDARY,
  FORM,
  file,
  formOf,
  lying,
  type Part,
  purpose,
  type Shown,
  upload,
  uploaded,
} from '../forms.ts'
import { booksAreRight, openWorld, truthOf, until } from '../harness.ts'
import { assertIds, assertNoInternals, assertRefused } from './refused.ts'

const world = await openWorld()
after(() => world.close())
const team = await world.team({ plan: 'tiny', credits: 1e9, wallet: 1e9 })
const before = await truthOf(world, team)

const MB = 1024 * 1024
const TEAM_BYTES = 100_000_000_000

test('200: every purpose, before and after the file, on both paths, with both kinds of key', async () => {
  const purposes = ['voice_clone', 'prompt_audio', 't2a_async_input', 'retrieval', 'vision']
  for (const each of purposes) {
    for (const parts of [
      [purpose(each), file('x')],
      [file('x'), purpose(each)],
      [file('x'), purpose(each), { name: 'more', body: 'is ignored' }],
    ]) {
      const answer = await world.call('/v1/files', { key: team.apiKey, ...formOf(...parts) })
      assert.equal(JSON.parse(answer.text).file.purpose, each, answer.text)
      assertIds(answer)
    }
  }
})

test('200: as fetch writes a form, in pieces of one byte, and with a length that nobody says', async () => {
  const form = new FormData()
  form.set('file', new Blob(['hello'], { type: 'text/plain' }), 'hello.txt')
  form.set('purpose', 'retrieval')
  const headers = { authorization: `Bearer ${team.planKey}` }
  const answer = await fetch(`${world.url}/v1/files/upload`, { method: 'POST', body: form, headers })
  assert.equal(((await answer.json()) as { file: Shown }).file.filename, 'hello.txt')
  const written = formOf(file('hello'), purpose('retrieval'))
  const bytes = [...written.body].map((byte) => Buffer.from([byte]))
  const slow = await world.call('/v1/files/upload', { key: team.planKey, ...written, body: bytes })
  assert.equal(JSON.parse(slow.text).file.bytes, 5, slow.text)
})

const wrongForms: readonly (readonly [string, readonly Part[], RegExp])[] = [
  [
    'a purpose that is none, first',
    [purpose('assistants'), file('x')],
    /purpose: must be one of voice_clone, .*, vision, got "assistants"/,
  ],
  ['a purpose that is none, last', [file('x'), purpose('assistants')], /got "assistants"/],
  ['no purpose', [file('x')], /purpose: .* missing/],
  ['two purposes', [purpose('vision'), file('x'), purpose('vision')], /"purpose": given twice/],
  ['no file', [purpose('vision')], /file: missing/],
  ['nothing', [], /file: missing|broken/],
  ['two files', [purpose('vision'), file('x'), file('y')], /file: given twice/],
  [
    'a file under another name',
    [purpose('vision'), { ...file('x'), name: 'data' }],
    /"data": unknown, the file's field is called "file"/,
  ],
  [
    'a field in the place of the file',
    [purpose('vision'), { name: 'file', body: 'x' }],
    /file: must be a file/,
  ],
  ['an empty file', [file(''), purpose('vision')], /file: is empty/],
  [
    'a field without an end',
    [file('x'), { name: 'more', body: 'm'.repeat(2000) }, purpose('vision')],
    /"more": too long/,
  ],
  [
    'a hundred fields',
    [...Array(100).keys()].map((index) => ({ name: `f${index}`, body: '' })),
    /too many fields/,
  ],
]
for (const [what, parts, says] of wrongForms) {
  test(`400: ${what}`, async () => {
    const there = await lying(world)
    assertRefused(await upload(world, team, ...parts), 'native', { status: 400, code: 2013, says })
    assert.deepEqual(await lying(world), there)
  })
}

test('400: what is no form, or breaks off inside', async () => {
  const there = await lying(world)
  const whole = formOf(purpose('vision'), file(pattern(300_000)))
  const key = team.planKey
  for (const type of [
    'application/json',
    'multipart/form-data',
    'text/plain',
    'multipart/mixed; boundary=x',
  ]) {
    const headers = { 'content-type': type }
    const answer = await world.call('/v1/files/upload', { key, method: 'POST', headers, body: whole.body })
    assertRefused(answer, 'native', { status: 400, code: 2013, says: /must be multipart\/form-data/ })
  }
  for (const end of [0, 10, 100, 200, 250, 100_000, whole.body.length - 10]) {
    const body = whole.body.subarray(0, end)
    const answer = await world.call('/v1/files/upload', { key, method: 'POST', headers: FORM, body })
    assertRefused(answer, 'native', {
      status: 400,
      code: 2013,
      says: /broken, or ends too early|file: missing/,
    })
  }
  assert.deepEqual(await lying(world), there)
})

test('413: a length above 512 MB is refused before a byte of it has come', async () => {
  const there = await lying(world)
  const wire = wireTo(world.url)
  const head = ['POST /v1/files/upload HTTP/1.1', 'host: x', `authorization: Bearer ${team.planKey}`]
  const said = [`content-type: ${FORM['content-type']}`, `content-length: ${513 * MB}`]
  wire.write(`${[...head, ...said].join('\r\n')}\r\n\r\n`)
  assert.match(
    await wire.says('"request_id"'),
    /"status_code":2013,.*the file is too large. A file may have up to 512 MB/,
  )
  wire.leave()
  assert.deepEqual(await lying(world), there)
})

test('413: a full storage says how full, and takes again what fits', async () => {
  const full = await world.team()
  await world.running.store.job([
    {
      sql: `insert into file (id, team, member, purpose, name, content_type, bytes, place, created_at)
        values (?, ?, 1, 'retrieval', 'big', 'text/plain', ?, 'nowhere', ?)`,
      params: [world.ids.next(), full.team, TEAM_BYTES - 1000, world.now()],
    },
  ])
  const there = await lying(world)
  const says =
    /storage of your team is full: 99,999,999,000 of 100,000,000,000 bytes are used, .* 1,000 are free/
  const forms = [
    formOf(purpose('vision'), file(pattern(1001))),
    formOf(file(pattern(5 * MB)), purpose('vision')),
  ]
  for (const form of forms) {
    for (const body of [form.body, [form.body]]) {
      const answer = await world.call('/v1/files/upload', { key: full.planKey, ...form, body })
      assertRefused(answer, 'native', { status: 413, code: 2013, says })
    }
  }
  assert.deepEqual(await lying(world), there)
  await uploaded(world, full, file(pattern(1000)))
})

test('a client that hangs up leaves no file, no row and nothing half written', async () => {
  const there = await lying(world)
  for (const sent of [0, 100, 5 * MB]) {
    const wire = wireTo(world.url)
    const head = ['POST /v1/files/upload HTTP/1.1', 'host: x', `authorization: Bearer ${team.planKey}`]
    const said = [`content-type: ${FORM['content-type']}`, `content-length: ${20 * MB}`]
    const part = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n`
    wire.write(`${[...head, ...said].join('\r\n')}\r\n\r\n`)
    if (sent > 0) {
      wire.write(part)
      wire.write(pattern(sent))
      await until(async () => (await lying(world))[1] === there[1] + 1, 'the upload has begun')
      if (sent > MB)
        await until(async () => (await lying(world))[0] === there[0] + 1, 'its bytes are being written')
    }
    wire.leave()
    await wire.closed
    await until(async () => String(await lying(world)) === String(there), `nothing is left of ${sent} bytes`)
  }
  assert.deepEqual(world.logs, [])
})

test('503: a disk that takes and gives nothing is told plainly, its reason to the operator alone', async () => {
  const broken = await openWorld()
  try {
    const mine = await broken.team()
    const ask = { key: mine.planKey, ...formOf(purpose('vision'), file('hello')) }
    const { file: shown } = JSON.parse((await broken.call('/v1/files/upload', ask)).text)
    const folder = path.join(broken.folder, 'data', 'media')
    rmSync(folder, { recursive: true })
    mkdirSync(folder)
    writeFileSync(path.join(folder, 'arriving'), '')
    const down = { status: 503, code: 1000, says: /files cannot be written or read/, retry: 'soon' } as const
    const id = `file_id=${shown.file_id}`
    for (const answer of [
      await broken.call('/v1/files/upload', ask),
      await broken.call(`/v1/files/retrieve_content?${id}`, { key: mine.planKey }),
    ]) {
      assertRefused(answer, 'native', down)
      assertNoInternals(answer.text)
    }
    assert.equal(broken.logs.length, 2)
    assert.match(broken.logs.join('\n'), /EEXIST|ENOTDIR/)
  } finally {
    await broken.close()
  }
})

test('all of it was free', async () => {
  assert.deepEqual(await truthOf(world, team), before)
  await booksAreRight(world)
  assert.deepEqual(world.logs, [])
  assert.equal(world.upstream.received.length, 0)
})
