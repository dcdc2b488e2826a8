import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { setTimeout as after } from 'node:timers/promises'
import { AwsClient } from 'aws4fetch'
import type { BucketSetting } from '../config.ts'
import { MediaFault, type MediaStore, ofStore } from './media-store.ts'
import { spool } from './spool.ts'

type Asked = {
  readonly method: 'GET' | 'PUT' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  readonly file?: string
}

const ATTEMPTS = 3
const PAUSE_MS = 200

/**
 * A bucket of an S3-compatible store, asked by path. One PUT carries a whole file, which S3 allows up to 5 GB. It is
 * spooled first: the signature needs its hash, S3 its length, and it may have to be sent again.
 */
export function s3Store(setting: BucketSetting, spoolFolder: string): MediaStore {
  const { endpoint, bucket, region, keyId, secret } = setting
  const client = new AwsClient({ accessKeyId: keyId, secretAccessKey: secret, region, service: 's3' })
  const ask = (place: string, asked: Asked) =>
    ofStore(askFirmly(() => askOnce(client, `${endpoint}/${bucket}/${place}`, asked)))
  return {
    async put(place, source) {
      const { file, bytes, sha256 } = await spool(spoolFolder, place, source)
      const headers = {
        'content-type': 'application/octet-stream',
        'content-length': String(bytes),
        'x-amz-content-sha256': sha256,
      }
      try {
        await leave(await refuseBad(await ask(place, { method: 'PUT', headers, file })))
      } finally {
        await rm(file, { force: true })
      }
      return { bytes, sha256 }
    },
    async read(place, range) {
      const headers = range && { range: `bytes=${range.start}-${range.end}` }
      const answer = await refuseBad(await ask(place, { method: 'GET', ...(headers && { headers }) }))
      if (!range || answer.status === 206) return bodyOf(answer)
      // The whole would be taken for the part that was asked for.
      await leave(answer)
      throw new MediaFault('the bucket does not serve ranges')
    },
    async remove(place) {
      const answer = await ask(place, { method: 'DELETE' })
      await leave(answer.status === 404 ? answer : await refuseBad(answer))
    },
  }
}

/** S3 asks for patience with 503 or 429. Whatever was lost may be asked again: none of it counts twice. */
async function askFirmly(ask: () => Promise<Response>): Promise<Response> {
  for (let attempt = 1; attempt < ATTEMPTS; attempt++) {
    const answer = await ask().catch(() => undefined)
    if (answer && answer.status < 500 && answer.status !== 429) return answer
    if (answer) await leave(answer)
    await after(attempt * PAUSE_MS)
  }
  return ask()
}

async function askOnce(client: AwsClient, url: string, { method, headers, file }: Asked): Promise<Response> {
  const body = file === undefined ? null : (Readable.toWeb(createReadStream(file)) as BodyInit)
  return fetch(await client.sign(url, { method, headers: { ...headers }, body, redirect: 'error' }))
}

async function refuseBad(answer: Response): Promise<Response> {
  if (answer.ok) return answer
  const reason = /<Code>(\w+)<\/Code>/.exec(await ofStore(answer.text()))?.[1] ?? 'no reason'
  throw new MediaFault(`the bucket answered ${answer.status}, ${reason}`)
}

function bodyOf({ body }: Response): Readable {
  return body ? Readable.fromWeb(body as ReadableStream) : Readable.from([])
}

/** An answer that nobody reads would keep its connection. */
async function leave(answer: Response): Promise<void> {
  await answer.body?.cancel()
}
