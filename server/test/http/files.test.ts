import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { pattern, sha256 } from '../contract/media-store-contract.ts'
import { startFakeS3 } from '../fake-s3.ts'
import { file, formOf, lying, purpose, type Shown, uploaded as uploadedBy } from '../forms.ts'
import { booksAreRight, openWorld, truthOf, until } from '../harness.ts'
import type { Team } from '../teams.ts'
import { assertRefused } from './refused.ts'

const world = await openWorld()
after(() => world.close())
const team = await world.team({ plan: 'tiny', credits: 1e9, wallet: 1e9 })
const other = await world.team()
const before = await truthOf(world, team)

const HOUR_MS = 3_600_000

function uploaded(body: Buffer | string, name?: string, type?: string, by = team): Promise<Shown> {
  return uploadedBy(world, by, file(body, name, type))
}

async function listed(by: Team = team, query = ''): Promise<Shown[]> {
  return JSON.parse((await world.call(`/v1/files/list${query}`, { key: by.planKey })).text).files
}

async function linkOf(id: number): Promise<URL> {
  const answer = await world.call(`/v1/files/retrieve?file_id=${id}`, { key: team.planKey })
  return new URL(JSON.parse(answer.text).file.download_url)
}

test('200: 20 MB go up and come back as they were, with a key and by the link', async () => {
  const body = pattern(20 * 1024 * 1024 + 1)
  const shown = await uploaded(body, 'lied „grün".mp3')
  assert.ok(Number.isSafeInteger(shown.file_id))
  assert.deepEqual(
    { ...shown, file_id: 0 },
    {
      ...{ file_id: 0, bytes: body.length, created_at: Math.floor(world.now() / 1000) },
      ...{ filename: 'lied „grün', purpose: 'retrieval' },
    },
  )
  const url = `${world.url}/v1/files/retrieve_content?file_id=${shown.file_id}`
  const headers = { authorization: `Bearer ${team.planKey}` }
  for (const answer of [await fetch(url, { headers }), await fetch(await linkOf(shown.file_id))]) {
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('content-type'), 'audio/mpeg')
    assert.equal(answer.headers.get('content-length'), String(body.length))
    assert.equal(sha256(Buffer.from(await answer.arrayBuffer())), sha256(body))
  }
})

test('200: the list is the team’s, newest first, by purpose', async () => {
  const mine = await world.team()
  const [first, second] = [await uploaded('1', 'a', 'x/y', mine), await uploaded('22', 'b', 'x/y', mine)]
  assert.deepEqual(await listed(mine), [second, first])
  assert.deepEqual(await listed(mine, '?purpose=retrieval&GroupId=1'), [second, first])
  assert.deepEqual(await listed(mine, '?purpose=vision'), [])
  assert.deepEqual(await listed(await world.team()), [])
})

test('200: retrieve tells the file and a link of an hour, on the host that was asked for', async () => {
  const shown = await uploaded('hello')
  const ask = { key: team.planKey, headers: { host: 'plan.example:8443' } }
  const answer = await world.call(`/v1/files/retrieve?file_id=${shown.file_id}`, ask)
  const { download_url, ...rest } = JSON.parse(answer.text).file
  assert.deepEqual(rest, shown)
  // In capitals: mmx would make https of http.
  assert.ok(
    download_url.startsWith(`HTTP://plan.example:8443/v1/files/${shown.file_id}/content?`),
    download_url,
  )
  assert.equal(Number(new URL(download_url).searchParams.get('expires')), world.now() / 1000 + 3600)
  for (const host of ['evil.example/x', 'a@b', 'x:y', '[::1']) {
    const odd = await world.call(`/v1/files/retrieve?file_id=${shown.file_id}`, { ...ask, headers: { host } })
    assertRefused(odd, 'native', { status: 400, code: 2013, says: /host: / })
  }
})

test('200: what strangers upload is downloaded and never shown as a page', async () => {
  const page = '<script>alert(1)</script>'
  for (const [name, type, sent] of [
    ['a.html', 'text/html', 'application/octet-stream'],
    ['a.svg', 'image/svg+xml', 'application/octet-stream'],
    ['a.txt', 'text/plain', 'text/plain'],
    ['汉 (1).png', 'image/png', 'image/png'],
  ] as const) {
    const { headers } = await fetch(await linkOf((await uploaded(page, name, type)).file_id))
    assert.equal(headers.get('content-type'), sent)
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'; sandbox/)
    assert.match(
      headers.get('content-disposition') ?? '',
      /^attachment; filename="[\w. ()-]+"; filename\*=UTF-8''[\w.%-]+$/,
    )
    assert.equal(headers.get('cache-control'), 'private, no-store')
  }
})

test('200 and 206: HEAD and ranges', async () => {
  const { file_id } = await uploaded('0123456789')
  const link = await linkOf(file_id)
  const head = await fetch(link, { method: 'HEAD' })
  assert.deepEqual([head.status, head.headers.get('content-length'), await head.text()], [200, '10', ''])
  assert.equal(head.headers.get('accept-ranges'), 'bytes')
  const tag = head.headers.get('etag') ?? ''
  const part = async (headers: Record<string, string>) => {
    const answer = await fetch(link, { headers })
    return [answer.status, answer.headers.get('content-range'), await answer.text()]
  }
  assert.deepEqual(await part({ range: 'bytes=2-4' }), [206, 'bytes 2-4/10', '234'])
  assert.deepEqual(await part({ range: 'bytes=7-' }), [206, 'bytes 7-9/10', '789'])
  assert.deepEqual(await part({ range: 'bytes=-3' }), [206, 'bytes 7-9/10', '789'])
  assert.deepEqual(await part({ range: 'bytes=0-99' }), [206, 'bytes 0-9/10', '0123456789'])
  assert.deepEqual(await part({ range: 'bytes=-99' }), [206, 'bytes 0-9/10', '0123456789'])
  assert.deepEqual(await part({ range: 'bytes=2-2', 'if-range': tag }), [206, 'bytes 2-2/10', '2'])
  for (const range of ['bytes=4-2', 'bytes=-', 'bytes=0-1,4-5', 'lines=0-1', 'bytes=a-b'])
    assert.deepEqual(await part({ range }), [200, null, '0123456789'], range)
  assert.deepEqual(await part({ range: 'bytes=2-2', 'if-range': '"old"' }), [200, null, '0123456789'])
})

test('200: deleted is gone, everywhere and at once', async () => {
  const { file_id } = await uploaded('hello')
  const link = await linkOf(file_id)
  const [onDisk, rows] = await lying(world)
  const answer = await world.call('/v1/files/delete', {
    key: team.planKey,
    body: { file_id, purpose: 'retrieval' },
  })
  assert.deepEqual(JSON.parse(answer.text), { file_id, base_resp: { status_code: 0, status_msg: 'success' } })
  assert.deepEqual(await lying(world), [onDisk - 1, rows - 1])
  assert.ok(!(await listed()).some((shown) => shown.file_id === file_id))
  assert.equal((await fetch(link)).status, 404)
  await refusedEverywhere(team, file_id)
})

test('200: a client that leaves in the middle of a file is nobody’s fault', async () => {
  const link = await linkOf((await uploaded(pattern(30 * 1024 * 1024))).file_id)
  const call = await world.open(link.pathname + link.search)
  await call.reach(100_000)
  call.leave()
  assert.equal((await fetch(link, { headers: { range: 'bytes=0-0' } })).status, 206)
})

test('200: files in a bucket, links under the public URL', async () => {
  const s3 = await startFakeS3()
  const bucket = { endpoint: s3.url, bucket: 'files', region: 'eu-test-1' }
  const media = { ...bucket, keyIdEnv: 'BUCKET_KEY_ID', secretEnv: 'BUCKET_SECRET' }
  const far = await openWorld({ config: { media, publicUrl: 'http://plan.example/ai/' } })
  try {
    const { planKey } = await far.team()
    const body = pattern(3 * 1024 * 1024)
    const { file_id } = await uploadedBy(far, { planKey }, file(body))
    assert.deepEqual([s3.objects.size, await lying(far)], [1, [0, 1]])
    const answer = await far.call(`/v1/files/retrieve?file_id=${file_id}`, { key: planKey })
    const { download_url } = JSON.parse(answer.text).file
    assert.ok(download_url.startsWith(`HTTP://plan.example/ai/v1/files/${file_id}/content?`), download_url)
    const link = new URL(download_url.replace('HTTP://plan.example/ai', far.url))
    assert.equal(sha256(Buffer.from(await (await fetch(link)).arrayBuffer())), sha256(body))
    const part = await fetch(link, { headers: { range: 'bytes=1000-1999' } })
    assert.ok(Buffer.from(await part.arrayBuffer()).equals(body.subarray(1000, 2000)))
    await far.call('/v1/files/delete', { key: planKey, body: { file_id } })
    assert.deepEqual([s3.objects.size, await lying(far)], [0, [0, 0]])
  } finally {
    await far.close()
    await s3.close()
  }
})

/** One answer for what is another team's, what is deleted, and what never was. */
async function refusedEverywhere(by: Team, id: number): Promise<void> {
  const key = by.planKey
  for (const answer of [
    await world.call(`/v1/files/retrieve?file_id=${id}`, { key }),
    await world.call(`/v1/files/retrieve_content?file_id=${id}`, { key }),
    await world.call('/v1/files/delete', { key, body: { file_id: String(id) } }),
  ])
    assertRefused(answer, 'native', { status: 404, code: 2013, says: `there is no such file: ${id}. ` })
}

test('404: another team’s file is like one that never was', async () => {
  const { file_id } = await uploaded('hello')
  await refusedEverywhere(other, file_id)
  await refusedEverywhere(other, 12345)
  assert.deepEqual(await listed(other), [])
  assert.equal((await fetch(await linkOf(file_id))).status, 200, 'it is still there')
})

test('400: ids and purposes that are none, bodies that are no JSON', async () => {
  const key = team.planKey
  for (const id of ['', 'abc', '-1', '1.5', '99999999999999999999', '1%00']) {
    const answer = await world.call(`/v1/files/retrieve?file_id=${id}`, { key })
    assertRefused(answer, 'native', { status: 400, code: 2013, says: /file_id: must be the id of a file/ })
  }
  const none = await world.call('/v1/files/retrieve_content', { key })
  assertRefused(none, 'native', { status: 400, code: 2013, says: /file_id: .* missing/ })
  const odd = await world.call('/v1/files/list?purpose=%00', { key })
  assertRefused(odd, 'native', { status: 400, code: 2013, says: /purpose: / })
  for (const body of ['', '{', '[1]', '{"file_id":1,"file_id":2}']) {
    const answer = await world.call('/v1/files/delete', { key, method: 'POST', body })
    assertRefused(answer, 'native', { status: 400, code: 2013, says: /not a JSON object/ })
  }
  const deleted = await world.call('/v1/files/delete', { key, body: { file_id: null } })
  assertRefused(deleted, 'native', { status: 400, code: 2013, says: /file_id: / })
})

test('401: without a key nothing is read, listed, stored or deleted', async () => {
  const { file_id } = await uploaded('hello')
  const there = await lying(world)
  const form = formOf(purpose('vision'), file('x'))
  for (const [to, ask] of [
    ['/v1/files/upload', { method: 'POST', ...form }],
    ['/v1/files', { method: 'POST', ...form }],
    ['/v1/files/list', {}],
    [`/v1/files/retrieve?file_id=${file_id}`, {}],
    [`/v1/files/retrieve_content?file_id=${file_id}`, {}],
    ['/v1/files/delete', { body: { file_id } }],
  ] as const) {
    assertRefused(await world.call(to, ask), 'native', { status: 401, code: 1004 })
    const wrong = await world.call(to, { ...ask, key: `${team.planKey}x` })
    assertRefused(wrong, 'native', { status: 401, code: 1004 })
  }
  assert.deepEqual(await lying(world), there)
})

test('403: a link that is forged, altered, another file’s or over', async () => {
  const [one, two] = [await uploaded('one'), await uploaded('two')]
  const link = await linkOf(one.file_id)
  const forgeries = [
    (url: URL) => url.searchParams.set('expires', String(Number(url.searchParams.get('expires')) + 1)),
    (url: URL) => url.searchParams.set('signature', 'A'.repeat(43)),
    (url: URL) => url.searchParams.delete('signature'),
    (url: URL) => url.searchParams.append('expires', '1') ?? url.searchParams.delete('expires'),
    (url: URL) => {
      url.pathname = `/v1/files/${two.file_id}/content`
    },
    (url: URL) => {
      url.pathname = '/v1/files/9999999999999999/content'
    },
  ]
  for (const forge of forgeries) {
    const forged = new URL(link)
    forge(forged)
    const answer = await world.call(forged.pathname + forged.search, { key: team.planKey })
    assertRefused(answer, 'openai-chat', {
      status: 403,
      code: 2013,
      says: /link .* not valid: its signature/,
    })
  }
  world.advance(HOUR_MS - 1)
  assert.equal((await fetch(link)).status, 200)
  world.advance(1)
  const over = await world.call(link.pathname + link.search)
  assertRefused(over, 'openai-chat', {
    status: 403,
    code: 2013,
    says: /not valid: it ended at 2026-06-10T10:30:00Z/,
  })
})

test('405 and 404: other methods, other paths', async () => {
  for (const [method, to, allow] of [
    ['GET', '/v1/files/upload', 'POST'],
    ['GET', '/v1/files', 'POST'],
    ['POST', '/v1/files/list', 'GET'],
    ['DELETE', '/v1/files/delete', 'POST'],
  ] as const) {
    const answer = await world.call(to, { method, key: team.planKey })
    assertRefused(answer, 'native', { status: 405, code: 2013 })
    assert.equal(answer.headers.allow, allow)
  }
  const posted = await world.call('/v1/files/1/content', { method: 'POST' })
  assertRefused(posted, 'openai-chat', { status: 405, code: 2013 })
  for (const to of ['/v1/files/x/content', '/v1/files/1', '/v1/files/../files/1/content'])
    assertRefused(await world.call(to), 'openai-chat', { status: 404, code: 2013 })
})

test('416: a range behind the end', async () => {
  const link = await linkOf((await uploaded('0123456789')).file_id)
  for (const range of ['bytes=10-', 'bytes=10-20', 'bytes=-0']) {
    const answer = await world.call(link.pathname + link.search, { headers: { range } })
    assertRefused(answer, 'openai-chat', {
      status: 416,
      code: 2013,
      says: /behind the end of the file: it has 10 bytes/,
    })
    assert.equal(answer.headers['content-range'], 'bytes */10')
  }
})

test('a restart keeps files and links, and sweeps what has expired', async () => {
  const kept = await uploaded('hello')
  const link = await linkOf(kept.file_id)
  await world.running.store.job([
    { sql: 'update file set expires_at = ? where id <> ?', params: [world.now(), kept.file_id] },
  ])
  await world.restart()
  assert.equal(await (await fetch(new URL(link.pathname + link.search, world.url))).text(), 'hello')
  await until(async () => String(await lying(world)) === '1,1', 'the sweeper has been there')
})

test('all of it was free', async () => {
  assert.deepEqual(await truthOf(world, team), before)
  await booksAreRight(world)
  assert.deepEqual(world.logs, [])
  assert.equal(world.upstream.received.length, 0)
})
