import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { after, beforeEach } from 'node:test'
import {
  mediaStoreContract,
  pattern,
  pieces,
  placeOf,
  read,
} from '../../test/contract/media-store-contract.ts'
import { startFakeS3 } from '../../test/fake-s3.ts'
import { MediaFault } from './media-store.ts'
import { s3Store } from './store-s3.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'tokenplan-s3-'))
const fake = await startFakeS3()
const keys = { keyId: 'the-key-id', secret: 'the secret' }
const setting = { endpoint: fake.url, bucket: 'files', region: 'eu-test-1', ...keys }
const store = s3Store(setting, folder)
after(async () => {
  await fake.close()
  rmSync(folder, { recursive: true })
})
beforeEach(() => {
  fake.received.length = 0
  fake.failures.length = 0
  fake.servesRanges = true
})

mediaStoreContract('s3', async () => ({ store, spoolFolder: folder, close: async () => undefined }))

const body = () => pieces(pattern(100_000), 30_000)

test('objects lie in the bucket by path, and no request names the secret', async () => {
  await store.put('abc', body())
  await read(await store.read('abc', { start: 1, end: 2 }))
  await store.remove('abc')
  assert.deepEqual(
    fake.received.map(({ line }) => line),
    ['PUT /files/abc', 'GET /files/abc', 'DELETE /files/abc'],
  )
  assert.ok(!JSON.stringify(fake.received).includes(keys.secret))
})

test('a request that was lost or put off is made again, whole', async () => {
  for (const status of [503, 429, 500]) {
    fake.failures.push(status)
    await store.put('again', body())
    assert.ok((await read(await store.read('again'))).equals(pattern(100_000)), String(status))
  }
})

test('three times is enough, and what S3 refuses is not asked again', async () => {
  fake.failures.push(503, 503, 503)
  await assert.rejects(store.put('never', body()), /the bucket answered 503, Code503/)
  assert.equal(fake.received.length, 3)
  fake.failures.push(403)
  await assert.rejects(store.put('never', body()), /the bucket answered 403, Code403/)
  assert.equal(fake.received.length, 4)
  assert.ok(!fake.objects.has('/files/never'))
  assert.deepEqual(readdirSync(folder), [])
})

test('a bucket that sends the whole in the place of a part is not believed', async () => {
  await store.put('whole', body())
  fake.servesRanges = false
  await assert.rejects(store.read('whole', { start: 5, end: 9 }), /does not serve ranges/)
})

test('a bucket that nobody serves is the store’s fault, and nothing stays behind', async () => {
  const nobody = s3Store({ ...setting, endpoint: 'http://127.0.0.1:1' }, folder)
  await assert.rejects(nobody.put(placeOf('x'), body()), MediaFault)
  await assert.rejects(nobody.read(placeOf('x')), MediaFault)
  assert.deepEqual(readdirSync(folder), [])
})
