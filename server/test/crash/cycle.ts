import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { Agent, createServer, request, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import Database from 'libsql'
import type { Proof } from '../../src/book/verify.ts'
import { idOfRequestId } from '../../src/ids.ts'
import { openSqliteReadOnly } from '../../src/store/sqlite.ts'
import type { Demo } from '../../src/teams/demo.ts'

/** A real server is killed in the middle of its work and started again, as often as wanted. */

const bundle = fileURLToPath(new URL('../../dist/tokenplan.mjs', import.meta.url))
const READY_MS = 15_000
const CONNECTIONS = 32

/** What the engine reports for every answer, and what that costs: MiniMax-M2.7 at 300 and 1,200 nanos a token. */
const USAGE = { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 }
const PRICE_NANOS = 10 * 300 + 20 * 1_200

export type Answered = { readonly id: number; readonly pool: string }
export type Place = {
  readonly folder: string
  readonly engine: string
  /** More of its environment. */
  readonly env?: Readonly<Record<string, string>>
}
export type Running = {
  readonly child: ChildProcess
  readonly pid: number
  readonly port: number
  readonly demo: Demo
  /** What its start printed. */
  readonly said: string
}

/** Answers at once or some milliseconds later, whole or streamed, so that a kill meets every stage of a call. */
export async function startEngine(): Promise<Server> {
  const choice = {
    index: 0,
    finish_reason: 'stop',
    message: { role: 'assistant', content: 'hello '.repeat(12) },
  }
  const whole = JSON.stringify({ id: 'x', object: 'chat.completion', choices: [choice], usage: USAGE })
  const chunk = (fields: object) =>
    `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', ...fields })}\n\n`
  let calls = 0
  const server = createServer(async (req, res) => {
    let body = ''
    for await (const part of req) body += part
    if (req.method === 'GET') return void res.end('{"data":[]}')
    const delayMs = calls++ % 8
    setTimeout(() => {
      if (!body.includes('"stream":true')) {
        res.writeHead(200, { 'content-type': 'application/json' })
        return void res.end(whole)
      }
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      res.write(chunk({ choices: [{ index: 0, delta: { role: 'assistant', content: 'hello' } }] }))
      const last = chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage: USAGE })
      setTimeout(() => res.end(`${last}data: [DONE]\n\n`), delayMs)
    }, delayMs)
  })
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

export function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export async function startServer(place: Place): Promise<Running> {
  const { child, output } = spawnServer(place)
  const port = await new Promise<number>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not ready in time: ${output()}`)), READY_MS)
    child.stdout?.on('data', () => {
      const said = /ready at http:\/\/localhost:(\d+)/.exec(output())
      if (said) resolve(Number(said[1]))
    })
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${output()}`)))
    child.once('exit', () => clearTimeout(timer))
  })
  const demo = JSON.parse(readFileSync(path.join(place.folder, 'demo.json'), 'utf8')) as Demo
  return { child, pid: child.pid ?? 0, port, demo, said: output() }
}

/** Without waiting until it serves. */
export function spawnServer({ folder, engine, env }: Place) {
  assert.ok(existsSync(bundle), 'the server is not built; npm test builds it')
  const own = { TOKENPLAN_UPSTREAM: engine, TOKENPLAN_UPSTREAM_KIND: 'minimax', PORT: '0' }
  return spawnTokenplan(folder, { ...own, ...env }, 'demo')
}

function spawnTokenplan(folder: string, env: Readonly<Record<string, string>>, ...args: string[]) {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [bundle, ...args], {
    env: { PATH, TOKENPLAN_DATA: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const keep = (text: Buffer) => {
    output += text
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  return { child, output: () => output }
}

/** Runs a command to its end. */
export async function tokenplan(folder: string, ...args: string[]) {
  const { child, output } = spawnTokenplan(folder, { PORT: '0' }, ...args)
  const [code] = (await once(child, 'close')) as [number]
  return { code, output: output() }
}

/** How long the disk stands still before a kill on which nothing may be answered that is not on it. */
export const STALLED_MS = 120

export type Kill = {
  readonly afterMs: number
  readonly stallsDisk: boolean
  /** Calls that have to be answered first, however long a busy machine takes. */
  readonly least?: number
}

const MOST_WAITS = 30

/**
 * Calls on all connections until the server is killed; answers those that arrived whole, and how many did not. Where the
 * disk stalls, somebody else holds the database's write lock until after the kill: nothing more becomes durable, so
 * whatever is answered meanwhile must have been durable before.
 */
export async function loadAndKill(
  folder: string,
  { child, port, demo }: Running,
  { afterMs, stallsDisk, least = 0 }: Kill,
) {
  const answered: Answered[] = []
  let begun = 0
  let killed = false
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const works = Array.from({ length: CONNECTIONS }, async (_, connection) => {
    for (let call = connection; !killed; call++) {
      begun++
      const one = await callOnce(port, agent, call % 2 ? demo.apiKey : demo.tokenPlanKey, call % 3 === 0)
      if (one) answered.push(one)
      else if (!killed) throw new Error('a call failed before the kill')
    }
  })
  const gone = once(child, 'exit')
  try {
    await Promise.race([pause(afterMs), Promise.all(works)])
    for (let waits = 0; answered.length < least && waits < MOST_WAITS; waits++) await pause(afterMs)
    const free = stallsDisk ? stall(path.join(folder, 'tokenplan.db')) : undefined
    if (free) await pause(STALLED_MS)
    killed = true
    child.kill('SIGKILL')
    await gone
    free?.()
    await Promise.all(works)
  } finally {
    child.kill('SIGKILL')
    agent.destroy()
  }
  return { answered, unanswered: begun - answered.length }
}

/** Takes the database's write lock; the answer lets it go. */
export function stall(file: string): () => void {
  const db = new Database(file)
  db.pragma('busy_timeout = 5000')
  db.exec('begin immediate')
  return () => {
    db.exec('rollback')
    db.close()
  }
}

function callOnce(port: number, agent: Agent, key: string, stream: boolean): Promise<Answered | undefined> {
  const messages = [{ role: 'user', content: 'Hello!' }]
  const body = JSON.stringify({ model: 'MiniMax-M2.7', ...(stream && { stream }), messages })
  return new Promise((resolve) => {
    const sent = request({
      port,
      host: '127.0.0.1',
      agent,
      method: 'POST',
      path: '/v1/chat/completions',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
    })
    sent.once('error', () => resolve(undefined))
    sent.once('response', (res) => {
      let text = ''
      res.on('data', (part) => {
        text += part
      })
      res.once('error', () => resolve(undefined))
      res.once('close', () => {
        const isWhole = res.complete && (stream ? text.endsWith('data: [DONE]\n\n') : text.endsWith('}'))
        if (isWhole) assert.equal(res.statusCode, 200, text)
        const id = idOfRequestId(String(res.headers['x-request-id']))
        resolve(isWhole && id !== undefined ? { id, pool: String(res.headers['tokenplan-pool']) } : undefined)
      })
    })
    sent.end(body)
  })
}

/** After a start: the stale lock is this server's now, the books are right, and nothing that was answered is missing. */
export async function checkRecovered(
  folder: string,
  { pid }: Running,
  answered: readonly Answered[],
): Promise<void> {
  assert.equal((JSON.parse(readFileSync(path.join(folder, 'lock'), 'utf8')) as { pid: number }).pid, pid)
  const verified = await tokenplan(folder, 'verify', '--json')
  assert.equal(verified.code, 0, verified.output)
  const { ok, openHolds } = JSON.parse(verified.output) as Proof
  assert.deepEqual([ok, openHolds], [true, 0])
  await checkAnswered(path.join(folder, 'tokenplan.db'), answered)
}

/** Each answered call has its hold and its end; a unit was kept, or exactly its price was charged, exactly once. */
async function checkAnswered(file: string, answered: readonly Answered[]): Promise<void> {
  const store = openSqliteReadOnly(file)
  try {
    const ends = await store.read(
      `select hold.id, hold.units, hold_end.units as kept, hold_end.ending, hold_end.nanos from hold
       join hold_end on hold_end.hold = hold.id`,
    )
    const entries = await store.read(
      `select tx, count(*) as count, -sum(nanos) as nanos from entry
       join account on account.id = entry.account and account.team is not null where nanos < 0 group by tx`,
    )
    const endOf = new Map(ends.map((row) => [row.id, row]))
    const chargeOf = new Map(entries.map((row) => [row.tx, row]))
    for (const { id, pool } of answered) {
      const end = endOf.get(id)
      assert.ok(end, `the call ${id} was answered and has no hold that ended`)
      if (pool === 'plan') {
        assert.deepEqual([end.units, end.kept, chargeOf.get(id)], [1, 1, undefined], `call ${id}`)
        continue
      }
      assert.deepEqual([end.ending, end.nanos], [1, PRICE_NANOS], `call ${id}, paid by ${pool}`)
      const charge = chargeOf.get(id)
      assert.deepEqual(charge, { tx: id, count: 1, nanos: PRICE_NANOS })
    }
  } finally {
    await store.close()
  }
}

/** SIGTERM: the process ends by itself, the lock is gone and the port free. */
export async function stopCleanly(folder: string, { child, port }: Running): Promise<void> {
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  assert.deepEqual(await gone, [0, null])
  assert.ok(!existsSync(path.join(folder, 'lock')), 'the lock is freed')
  const log = path.join(folder, 'tokenplan.db-wal')
  assert.ok(!existsSync(log) || statSync(log).size === 0, 'the database file has everything')
  const socket = connect(port, '127.0.0.1')
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
  assert.equal(error.code, 'ECONNREFUSED')
}
