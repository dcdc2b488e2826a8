import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { read } from './contract/media-store-contract.ts'

/** An S3 in memory: signed requests by path, whole objects, one range. It answers only what a real one would. */
export type FakeS3 = {
  readonly url: string
  readonly objects: Map<string, Buffer>
  /** Method, path and headers of everything that came. */
  readonly received: { readonly line: string; readonly headers: IncomingMessage['headers'] }[]
  /** Statuses for the next requests, in the place of an answer. */
  readonly failures: number[]
  servesRanges: boolean
  close(): Promise<void>
}

const SIGNED =
  /^AWS4-HMAC-SHA256 Credential=the-key-id\/\d{8}\/eu-test-1\/s3\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=[0-9a-f]{64}$/

export async function startFakeS3(): Promise<FakeS3> {
  const server = createServer((req, res) => void answer(fake, req, res))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const fake: FakeS3 = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects: new Map(),
    received: [],
    failures: [],
    servesRanges: true,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return fake
}

async function answer(fake: FakeS3, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const body = await read(req)
  const path = req.url ?? ''
  fake.received.push({ line: `${req.method} ${path}`, headers: req.headers })
  const failure = fake.failures.shift() ?? problemWith(req, body)
  if (failure) {
    res.writeHead(failure, { 'content-type': 'application/xml' })
    res.end(`<Error><Code>Code${failure}</Code></Error>`)
    return
  }
  const object = fake.objects.get(path)
  if (req.method === 'PUT') fake.objects.set(path, body)
  if (req.method === 'DELETE') fake.objects.delete(path)
  if (req.method !== 'GET') res.writeHead(req.method === 'PUT' ? 200 : 204).end()
  else if (!object) res.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>')
  else sendObject(fake, req, res, object)
}

/** As S3 does: a length said beforehand, a hash that is right, and everything that matters signed. */
function problemWith({ headers, method }: IncomingMessage, body: Buffer): number | undefined {
  const signed = SIGNED.exec(headers.authorization ?? '')?.[1]?.split(';') ?? []
  if (!['host', 'x-amz-content-sha256', 'x-amz-date'].every((name) => signed.includes(name))) return 403
  if (method !== 'PUT') return undefined
  if (headers['content-length'] !== String(body.length)) return 411
  return headers['x-amz-content-sha256'] === createHash('sha256').update(body).digest('hex') ? undefined : 400
}

function sendObject(fake: FakeS3, req: IncomingMessage, res: ServerResponse, object: Buffer): void {
  const match = fake.servesRanges ? /^bytes=(\d+)-(\d+)$/.exec(req.headers.range ?? '') : null
  if (match) res.writeHead(206).end(object.subarray(Number(match[1]), Number(match[2]) + 1))
  else res.writeHead(200).end(object)
}
