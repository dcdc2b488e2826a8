import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import type { Readable } from 'node:stream'
import test, { after, before } from 'node:test'
import { MediaFault, type MediaStore } from '../../src/media/media-store.ts'

/** An empty store, where its unfinished files lie, and what ends it; both stores run what follows. */
export type OpenedMedia = {
  readonly store: MediaStore
  readonly spoolFolder: string
  close(): Promise<void>
}

/** What Media relies on, wherever the bytes lie. */
export function mediaStoreContract(name: string, open: () => Promise<OpenedMedia>): void {
  let opened: OpenedMedia
  let store: MediaStore
  before(async () => {
    opened = await open()
    store = opened.store
  })
  after(() => opened.close())
  const nothingArrives = () =>
    assert.deepEqual(existsSync(opened.spoolFolder) ? readdirSync(opened.spoolFolder) : [], [])

  for (const bytes of [1, 65_535, 65_537, 3_000_000, 0]) {
    test(`${name}: ${bytes} bytes are read back as they came, and measured`, async () => {
      const body = pattern(bytes)
      const place = placeOf(`whole ${bytes}`)
      assert.deepEqual(await store.put(place, pieces(body, 50_000)), { bytes, sha256: sha256(body) })
      assert.ok((await read(await store.read(place))).equals(body))
      nothingArrives()
    })
  }

  test(`${name}: ranges, both ends inclusive`, async () => {
    const body = pattern(200_000)
    const place = placeOf('ranges')
    await store.put(place, pieces(body, 200_000))
    for (const [start, end] of [
      [0, 0],
      [0, 199_999],
      [199_999, 199_999],
      [1, 131_073],
    ] as const) {
      const part = await read(await store.read(place, { start, end }))
      assert.ok(part.equals(body.subarray(start, end + 1)), `${start}-${end}`)
    }
  })

  test(`${name}: what is not there cannot be read, and may be removed`, async () => {
    const place = placeOf('nothing')
    await assert.rejects(store.read(place), MediaFault)
    await store.remove(place)
  })

  test(`${name}: removed is gone`, async () => {
    const place = placeOf('removed')
    await store.put(place, pieces(pattern(1000), 100))
    await store.remove(place)
    await assert.rejects(store.read(place), MediaFault)
    await store.remove(place)
  })

  test(`${name}: a source that breaks off leaves nothing, and its own error is what comes back`, async () => {
    const place = placeOf('broken')
    const broken = new Error('the client left')
    const source = async function* () {
      yield pattern(100_000)
      throw broken
    }
    await assert.rejects(store.put(place, source()), (error) => error === broken)
    await assert.rejects(store.read(place), MediaFault)
    nothingArrives()
  })

  test(`${name}: many at once do not mix`, async () => {
    const bodies = Array.from({ length: 20 }, (_, index) => Buffer.alloc(20_000 + index, index))
    await Promise.all(bodies.map((body, index) => store.put(placeOf(`many ${index}`), pieces(body, 3000))))
    for (const [index, body] of bodies.entries())
      assert.ok((await read(await store.read(placeOf(`many ${index}`)))).equals(body))
    nothingArrives()
  })
}

export async function* pieces(body: Buffer, bytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < body.length; at += bytes) yield body.subarray(at, at + bytes)
}

/** No two stretches of it are alike, so that a part in the wrong place shows. */
export function pattern(bytes: number): Buffer {
  const body = Buffer.alloc(bytes)
  for (let at = 0; at + 4 <= bytes; at += 4) body.writeUInt32LE((at * 2_654_435_761) % 4_294_967_296, at)
  return body
}

export function sha256(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex')
}

export async function read(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks)
}

export function placeOf(what: string): string {
  return createHash('md5').update(what).digest('hex')
}
