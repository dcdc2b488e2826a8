import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { after, before } from 'node:test'
import { fetchFile } from './fetch-file.ts'
import { postTo } from './post-public.ts'
import { isPublicHost, NotPublic } from './public-addresses.ts'
import type { Upstream } from './upstream.ts'

let server: Server
let port = 0
const asked: string[] = []

before(async () => {
  server = createServer((req, res) => {
    asked.push(req.url ?? '')
    if (req.url === '/hang') return
    if (req.url === '/loop') res.writeHead(302, { location: '/loop' })
    else res.writeHead(200, { 'content-type': 'video/mp4' })
    res.end('film')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
after(() => {
  server.close()
  server.closeAllConnections()
})

/** Why is not for who asked. */
const because = (why: RegExp) => (error: Error) => why.test(String(error.cause)) && !why.test(error.message)

const engineAt = (host: string) => ({ host }) as Upstream

async function contentOf(url: string, host: string): Promise<string> {
  const { contentType, body } = await fetchFile(url, engineAt(host))
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk)
  return `${contentType} ${Buffer.concat(chunks)}`
}

test('an engine of this network may name what is in it', async () => {
  for (const host of ['127.0.0.1', 'localhost', '[::1]', '10.0.0.7'])
    assert.equal(await contentOf(`http://127.0.0.1:${port}/film`, host), 'video/mp4 film')
})

test('an engine on the public network may not', async () => {
  asked.length = 0
  for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '0x7f.1', '169.254.169.254'])
    await assert.rejects(
      contentOf(`http://${host}:${port}/film`, '1.1.1.1'),
      because(/not on the public network/),
      host,
    )
  assert.deepEqual(asked, [])
})

test('what is no file of the web, and what leads in circles', async () => {
  for (const url of ['file:///etc/passwd', 'data:,x', 'ftp://x.example/', 'http://', 'x'])
    await assert.rejects(contentOf(url, '127.0.0.1'), because(/something else than a URL/), url)
  asked.length = 0
  await assert.rejects(contentOf(`http://127.0.0.1:${port}/loop`, '127.0.0.1'), because(/in circles/))
  assert.equal(asked.length, 4)
})

test('a download that is broken off does not wait for its engine', async () => {
  for (const late of [false, true]) {
    const stopping = new AbortController()
    if (!late) stopping.abort()
    const fetching = fetchFile(`http://127.0.0.1:${port}/hang`, engineAt('127.0.0.1'), stopping.signal)
    setImmediate(() => stopping.abort())
    await assert.rejects(fetching, because(/broken off/))
  }
})

test('what a caller names is told within its time, and on the public network alone', async () => {
  const limit = { mostMs: 50, signal: new AbortController().signal }
  const url = `http://127.0.0.1:${port}`
  const patient = { ...limit, mostMs: 10_000 }
  assert.deepEqual(await postTo('any')(url, {}, patient), { status: 200, body: 'film' })
  await assert.rejects(postTo('any')(`${url}/hang`, {}, limit), /no answer in time/)
  // Nobody answers there, not even that nobody does.
  await assert.rejects(postTo('any')('http://192.0.2.1/', {}, limit))
  await assert.rejects(postTo('public')(url, {}, patient), NotPublic)
  await assert.rejects(postTo('public')(`http://localhost:${port}`, {}, patient), NotPublic)
})

test('public hosts', async () => {
  assert.deepEqual(
    await Promise.all(['1.1.1.1', '[2606:4700::1111]', '127.0.0.1', '[::1]', 'localhost'].map(isPublicHost)),
    [true, true, false, false, false],
  )
})
