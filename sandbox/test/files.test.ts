import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { engine } from './engine.ts'

const { url, post } = await engine({ key: 'secret' })
const bearer = { authorization: 'Bearer secret' }

type Answer = Record<string, unknown> & {
  file: { file_id: number; bytes: number; filename: string; purpose: string; download_url?: string }
  files: Answer['file'][]
  base_resp: { status_code: number; status_msg: string }
}

type Part = readonly [name: string, value: string | Blob, filename?: string]

async function upload(...parts: readonly Part[]): Promise<Answer> {
  const form = new FormData()
  for (const [name, value, filename] of parts) {
    if (typeof value === 'string') form.append(name, value)
    else form.append(name, value, filename)
  }
  const answer = await fetch(`${url}/v1/files/upload`, { method: 'POST', headers: bearer, body: form })
  return (await answer.json()) as Answer
}

const get = async (path: string) => (await (await fetch(url + path, { headers: bearer })).json()) as Answer
const remove = async (file_id: unknown) =>
  (await (await post('/v1/files/delete', { file_id }, bearer)).json()) as Answer

const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251))

test('a file goes up, is listed, comes back, and goes', async () => {
  const blob = new Blob([bytes])
  const first = await upload(['purpose', 'voice_clone'], ['file', blob, 'a b.mp3'])
  const second = await upload(['file', blob, 'ü "x".txt'], ['purpose', 'retrieval'])
  assert.equal(first.base_resp.status_code, 0)
  const { created_at, ...file } = first.file as Answer['file'] & { created_at: number }
  assert.deepEqual(file, {
    file_id: first.file.file_id,
    bytes: bytes.length,
    filename: 'a b.mp3',
    purpose: 'voice_clone',
  })
  assert.ok(created_at > 1_700_000_000 && Number.isSafeInteger(file.file_id) && file.file_id > 2 ** 31)
  assert.equal(second.file.filename, 'ü _x_.txt')
  assert.deepEqual((await get('/v1/files/list')).files, [first.file, second.file])
  assert.deepEqual((await get('/v1/files/list?purpose=retrieval')).files, [second.file])
  const found = await get(`/v1/files/retrieve?file_id=${file.file_id}`)
  const { download_url: address, ...same } = found.file
  assert.deepEqual(same, first.file)
  for (const answer of [
    await fetch(String(address)),
    await fetch(`${url}/v1/files/retrieve_content?file_id=${file.file_id}`, { headers: bearer }),
  ]) {
    assert.equal(answer.status, 200)
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), bytes)
  }
  assert.deepEqual((await remove(String(file.file_id))).file_id, file.file_id)
  assert.equal((await remove(file.file_id)).base_resp.status_code, 2013)
  assert.equal((await fetch(String(address))).status, 404)
  assert.deepEqual((await get('/v1/files/list')).files, [second.file])
})

test('parts of a file, for players', async () => {
  const { file } = await upload(['purpose', 'retrieval'], ['file', new Blob([bytes]), 'x'])
  const address = String((await get(`/v1/files/retrieve?file_id=${file.file_id}`)).file.download_url)
  const part = async (range: string) => {
    const answer = await fetch(address, { headers: { range } })
    return [answer.status, answer.headers.get('content-range'), (await answer.arrayBuffer()).byteLength]
  }
  assert.deepEqual(await part('bytes=10-19'), [206, 'bytes 10-19/300000', 10])
  assert.deepEqual(await part('bytes=299990-'), [206, 'bytes 299990-299999/300000', 10])
  assert.deepEqual(await part('bytes=-5'), [206, 'bytes 299995-299999/300000', 5])
  assert.deepEqual(await part('bytes=400000-'), [200, null, 300_000])
  const head = await fetch(address, { method: 'HEAD' })
  assert.equal(head.headers.get('content-length'), '300000')
})

test('an empty file is a file', async () => {
  const { file } = await upload(['purpose', 'retrieval'], ['file', new Blob([]), 'empty'])
  assert.equal(file.bytes, 0)
  const { download_url } = (await get(`/v1/files/retrieve?file_id=${file.file_id}`)).file
  assert.equal((await (await fetch(String(download_url))).arrayBuffer()).byteLength, 0)
})

test('what is no upload is refused, and nothing of it stays', async () => {
  const blob = new Blob([bytes])
  const before = (await get('/v1/files/list')).files
  const refused = [
    await upload(['purpose', 'retrieval']),
    await upload(['file', blob, 'x']),
    await upload(['file', blob, 'x'], ['purpose', 'fun']),
    await upload(['file', blob, 'x'], ['purpose', 'x'.repeat(70_000)]),
    await upload(...Array.from({ length: 21 }, (_, i): Part => [`f${i}`, 'x'])),
    (await (await post('/v1/files/upload', { purpose: 'retrieval' }, bearer)).json()) as Answer,
    await get('/v1/files/retrieve?file_id=x'),
    await get('/v1/files/retrieve?file_id=5'),
    await get('/v1/files/retrieve'),
  ]
  for (const { base_resp } of refused) assert.equal(base_resp.status_code, 2013, base_resp.status_msg)
  assert.deepEqual((await get('/v1/files/list')).files, before)
})

/** A form written by hand, in chunks of the sender's choice. */
function send(chunks: readonly string[], type = 'multipart/form-data; boundary=XX'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { ...bearer, 'content-type': type }
    const req = request(`${url}/v1/files/upload`, { method: 'POST', headers }, async (res) => {
      let text = ''
      for await (const chunk of res) text += chunk
      resolve(JSON.parse(text))
    })
    req.on('error', reject)
    for (const chunk of chunks) req.write(chunk)
    req.end()
  })
}

const form =
  'preamble\r\n--XX\r\nContent-Disposition: form-data; name="file"; filename="C:\\\\dir\\\\f.txt"\r\n\r\n' +
  'a\r\n--X\r\n--XY-\r\nb\r\n--XX\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nretrieval\r\n--XX--\r\nafter'

test('a form is read the same wherever it is cut', async () => {
  const whole = await send([form])
  assert.deepEqual([whole.file.filename, whole.file.bytes], ['f.txt', 'a\r\n--X\r\n--XY-\r\nb'.length])
  const letters = await send([...form])
  assert.deepEqual([letters.file.filename, letters.file.bytes], [whole.file.filename, whole.file.bytes])
  const quoted = await send([form], 'multipart/form-data; charset=utf-8; boundary="XX"')
  assert.equal(quoted.file.bytes, whole.file.bytes)
})

test('a form that breaks off, or has no head, is refused', async () => {
  for (const broken of [form.slice(0, 90), form.slice(0, -20), '', '--XX\r\n\r\nx\r\n--XX--', 'nothing']) {
    assert.equal((await send([broken])).base_resp.status_code, 2013, broken)
  }
})
