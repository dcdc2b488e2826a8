import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { after, before } from 'node:test'
import type { HoldOp } from '../../src/book/op.ts'
import type { SharedBook } from '../../src/book/shared-book.ts'
import { verify } from '../../src/book/verify.ts'
import { welcome } from '../../src/cli/welcome.ts'
import { readConfig } from '../../src/config.ts'
import { idOfRequestId } from '../../src/ids.ts'
import { openServer, type Running } from '../../src/main.ts'
import { type FakeUpstream, startFakeUpstream } from '../fake-upstream.ts'
import { until } from '../harness.ts'
import { openOne, openServersAtOnce, type Server } from '../nodes.ts'
import { type PostgresServer, startPostgres } from '../postgres.ts'
import { asking, EVENT_STREAM, PATHS } from '../samples.ts'
import { speak } from '../streams.ts'

/** Three servers that meet a new database in the same moment. */

let postgres: PostgresServer
let engine: FakeUpstream
let servers: Server[]
before(async () => {
  postgres = await startPostgres({ durable: false })
  engine = await startFakeUpstream()
  servers = await openServersAtOnce(3, await postgres.createDatabase(), engine.url)
})
after(async () => {
  for (const server of servers ?? []) await server.stop()
  await engine?.close()
  await postgres?.remove()
})

function maker(): Server {
  const server = servers.find(({ running }) => running.demo.isNew)
  assert.ok(server, 'one has made the demo')
  return server
}

function keys() {
  const { keys } = maker().running.demo
  assert.ok(keys)
  return keys
}

test('of servers that start together one makes the demo, and the others serve it', async () => {
  assert.deepEqual(
    servers.map(({ running }) => running.demo.keys !== null).sort(),
    [false, false, true],
    'one has keys to tell',
  )
  for (const server of servers) {
    assert.equal((await server.call('/readyz')).status, 200)
    const body = asking('openai-chat')
    assert.equal((await server.call(PATHS['openai-chat'], { key: keys().tokenPlanKey, body })).status, 200)
    assert.deepEqual(server.logs, [])
    const said = welcome(server.running, 1)
    assert.ok(!said.includes('remove the data folder'), said)
    assert.match(
      said,
      server === maker() ? /Kept in .*demo\.json/ : /Keys {6}in the data folder of the server/,
    )
  }
})

test('a clock that is moved on several servers at once answers each with what its move made', async () => {
  const key = keys().operatorToken
  const move = async (server: Server) => {
    const answer = await server.call('/api/operator/clock', {
      method: 'POST',
      key,
      body: { advanceSeconds: 3600 },
    })
    assert.equal(answer.status, 200, answer.text)
    return JSON.parse(answer.text) as { readonly now: string; readonly offsetSeconds: number }
  }
  const moved = await Promise.all([...servers, ...servers].map(move))
  const offsets = moved.map(({ offsetSeconds }) => offsetSeconds).sort((a, b) => a - b)
  assert.deepEqual(
    offsets,
    [1, 2, 3, 4, 5, 6].map((hours) => hours * 3600),
  )
  for (const { now, offsetSeconds } of moved) {
    const ahead = (Date.parse(now) - Date.now()) / 1000
    assert.ok(ahead > offsetSeconds - 60 && ahead < 6 * 3600 + 60, `${now} at ${offsetSeconds}`)
  }
})

test('a stream whose hold another server has ended stops with a word that is true, and a line in the log', async () => {
  const [first, second] = servers
  assert.ok(first && second)
  const { begin, say } = speak('openai-chat')
  const piece = say('x'.repeat(768))
  let goOn: () => void = () => undefined
  const slept = new Promise<void>((resolve) => {
    goOn = resolve
  })
  async function* pieces() {
    yield begin
    yield piece
    await slept
    for (let more = 0; more < 12; more++) yield piece
  }
  engine.next({ headers: EVENT_STREAM, body: pieces, ending: 'hang' })
  const body = asking('openai-chat', { stream: true })
  const open = await first.open(PATHS['openai-chat'], { key: keys().apiKey, body })
  await open.reach(begin.length + piece.length)
  const id = String(open.res.headers['x-request-id'])
  // By its number: the end of a request that a plan paid before may still be on its way.
  const hold = idOfRequestId(id)
  assert.ok(hold !== undefined)
  const [row] = await second.running.store.read('select op from open_hold where id = ?', [hold])
  await (second.running.book as SharedBook).sweep(JSON.parse(String(row?.op)) as HoldOp, [])
  goOn()
  const answer = await open.read()
  assert.ok(answer.whole)
  assert.match(answer.text, /so this answer was stopped in the middle/)
  await until(() => first.logs.some((line) => line.includes(id)), 'the log says it')
  assert.match(
    first.logs.join('\n'),
    new RegExp(`${id} .* \\(BookDown: another server has ended this request meanwhile\\)$`),
  )
  await first.running.book.drain()
  const proof = await verify(first.running.store)
  assert.deepEqual([proof.checks.filter(({ ok }) => !ok), proof.openHolds], [[], 0])
})

test('of servers that start together with different root secrets one is refused', async () => {
  const database = await postgres.createDatabase()
  const secrets = ['one', 'another'].map((which) => `${which} root secret, long enough to be one`)
  const starts = await Promise.allSettled(secrets.map((secret) => openOne(database, engine.url, secret)))
  const refusals = starts.flatMap((start) => (start.status === 'rejected' ? [String(start.reason)] : []))
  for (const start of starts) if (start.status === 'fulfilled') await start.value.stop()
  assert.equal(refusals.length, 1, refusals.join('; '))
  assert.match(refusals[0] ?? '', /the root secret is not the one these books were made with/)
})

test('the keys of the books in one folder are never lost to others', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'tokenplan-demos-'))
  const file = path.join(folder, 'config.json')
  writeFileSync(file, JSON.stringify({ upstreams: [{ name: 'engine', kind: 'minimax', url: engine.url }] }))
  const databases = [undefined, await postgres.createDatabase(), await postgres.createDatabase()]
  const start = async <T>(databaseUrl: string | undefined, look: (running: Running) => T): Promise<T> => {
    const config = readConfig({
      HOST: '127.0.0.1',
      PORT: '0',
      TOKENPLAN_DATA: path.join(folder, 'data'),
      TOKENPLAN_CONFIG: file,
      ...(databaseUrl && { DATABASE_URL: databaseUrl }),
    })
    const running = await openServer(config, { log: () => undefined })
    try {
      return look(running)
    } finally {
      await running.close()
    }
  }
  try {
    const files: string[] = []
    const told = new Map<string, string>()
    for (const database of databases) {
      await start(database, (running) => {
        const { file, isNew, keys: made } = running.demo
        assert.ok(isNew && made)
        files.push(file)
        told.set(file, made.tokenPlanKey)
        assert.equal(/tokenplan\.db are left aside/.test(welcome(running, 1)), database !== undefined)
      })
    }
    assert.equal(told.size, 3)
    assert.equal(path.basename(files[0] ?? ''), 'demo.json')
    for (const [index, database] of databases.entries()) {
      await start(database, ({ demo }) => {
        assert.deepEqual(
          [demo.isNew, demo.file, demo.keys?.tokenPlanKey],
          [false, files[index], told.get(demo.file)],
        )
      })
    }
    for (const [file, key] of told) {
      assert.ok(existsSync(file))
      assert.equal(JSON.parse(readFileSync(file, 'utf8')).tokenPlanKey, key)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
