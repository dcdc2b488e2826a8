import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { HEARTBEAT_MS, LEASE_MS } from '../../src/book/journal-nodes.ts'
import { verify } from '../../src/book/verify.ts'
import { idOfRequestId } from '../../src/ids.ts'
import type { PostgresStore } from '../../src/store/postgres.ts'
import type { Demo } from '../../src/teams/demo.ts'

/** Real servers over one real Postgres, under load, of which one or all are killed again and again. */

const bundle = fileURLToPath(new URL('../../dist/tokenplan.mjs', import.meta.url))
const SECRET = 'the root secret of servers that are killed'
const READY_MS = 30_000
/** Rounds that a sweep may take, beside the lease, on a machine that is busy with other things. */
const PATIENCE_MS = 4 * HEARTBEAT_MS

export type Node = {
  readonly folder: string
  readonly port: number
  child: ChildProcess
  output: () => string
}
export type Fleet = { readonly databaseUrl: string; readonly engine: string; readonly nodes: Node[] }

export async function startNode(
  { databaseUrl, engine }: Pick<Fleet, 'databaseUrl' | 'engine'>,
  { folder, port }: Pick<Node, 'folder' | 'port'>,
): Promise<Node> {
  mkdirSync(folder, { recursive: true })
  const child = spawn(process.execPath, [bundle, 'demo'], {
    env: {
      PATH: process.env.PATH ?? '',
      DATABASE_URL: databaseUrl,
      TOKENPLAN_DATA: folder,
      TOKENPLAN_SECRET: SECRET,
      TOKENPLAN_UPSTREAM: engine,
      TOKENPLAN_UPSTREAM_KIND: 'minimax',
      PORT: String(port),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const keep = (text: Buffer) => {
    output = (output + text).slice(-20_000)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not ready in time: ${output}`)), READY_MS)
    child.stdout.on('data', () => output.includes('ready at') && resolve())
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${output}`)))
    child.once('exit', () => clearTimeout(timer))
  })
  return { folder, port, child, output: () => output }
}

export async function kill(node: Node): Promise<void> {
  if (node.child.exitCode !== null || node.child.signalCode !== null) return
  const gone = once(node.child, 'exit')
  node.child.kill('SIGKILL')
  await gone
}

export async function stop(node: Node): Promise<void> {
  if (node.child.exitCode !== null || node.child.signalCode !== null) return
  const gone = once(node.child, 'exit')
  node.child.kill('SIGTERM')
  await gone
}

export function demoOf(node: Node): Demo {
  return JSON.parse(readFileSync(path.join(node.folder, 'demo.json'), 'utf8')) as Demo
}

export type Answered = { readonly id: number; readonly requestId: string; readonly pool: string }

/** Calls of every kind at all nodes until it is stopped; what arrived whole is kept. */
export class Load {
  readonly answered: Answered[] = []
  /** By status; 0 where the line was cut. */
  readonly others = new Map<number, number>()
  readonly #agent = new Agent({ keepAlive: true })
  readonly #callers: Promise<void>[]
  #stopped = false

  constructor(nodes: readonly Node[], demo: Demo, connections: number) {
    this.#callers = Array.from({ length: connections }, (_, number) => this.#call(nodes, demo, number))
  }

  /** Resolves when so many calls have been answered from now on. */
  async more(count: number, withinMs = 60_000): Promise<void> {
    const from = this.answered.length
    const until = performance.now() + withinMs
    while (this.answered.length < from + count) {
      const seen = JSON.stringify([...this.others])
      assert.ok(performance.now() < until, `${this.answered.length - from} of ${count} answered; ${seen}`)
      await pause(5)
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#callers)
    this.#agent.destroy()
  }

  async #call(nodes: readonly Node[], { tokenPlanKey, apiKey }: Demo, number: number): Promise<void> {
    for (let call = number; !this.#stopped; call++) {
      const node = nodes[call % nodes.length]
      const stream = call % 3 === 0
      const key = call % 4 === 0 ? apiKey : tokenPlanKey
      if (!node) return
      const got = await this.#once(node.port, key, stream)
      if (typeof got === 'object') this.answered.push(got)
      else {
        this.others.set(got, (this.others.get(got) ?? 0) + 1)
        // A node that is away is not hammered.
        if (got === 0 || got === 503) await pause(20)
      }
    }
  }

  #once(port: number, key: string, stream: boolean): Promise<Answered | number> {
    const body = JSON.stringify({
      model: 'MiniMax-M2.7',
      max_tokens: 50,
      stream,
      messages: [{ role: 'user', content: 'hello' }],
    })
    return new Promise((resolve) => {
      const req = request(
        {
          port,
          host: '127.0.0.1',
          path: '/v1/chat/completions',
          method: 'POST',
          agent: this.#agent,
          timeout: 20_000,
          headers: {
            authorization: `Bearer ${key}`,
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
          },
        },
        (res) => {
          let text = ''
          res.on('data', (chunk) => {
            text += chunk
          })
          res.on('close', () => {
            if (!res.complete) return resolve(0)
            const whole = !stream || text.includes('[DONE]')
            if (res.statusCode !== 200 || !whole) return resolve(whole ? (res.statusCode ?? 0) : 0)
            const requestId = String(res.headers['x-request-id'])
            resolve({
              id: idOfRequestId(requestId) ?? 0,
              requestId,
              pool: String(res.headers['tokenplan-pool']),
            })
          })
          res.on('error', () => resolve(0))
        },
      )
      req.on('timeout', () => req.destroy())
      req.on('error', () => resolve(0))
      req.end(body)
    })
  }
}

/** Every answered call is on record exactly once, and paid by whom its answer said. */
export async function checkAnswered(store: PostgresStore, answered: readonly Answered[]): Promise<void> {
  const ids = answered.map(({ id }) => id)
  assert.equal(new Set(ids).size, ids.length, 'no two answers have the same id')
  const rows = await store.transact((tx) =>
    tx.query(
      `select hold.id, hold.units, hold.nanos, hold_end.ending, hold_end.nanos as paid from hold
        left join hold_end on hold_end.hold = hold.id where hold.id = any(?::bigint[])`,
      [Float64Array.from(ids)],
    ),
  )
  const byId = new Map(rows.map((row) => [Number(row.id), row]))
  for (const { id, pool } of answered) {
    const row = byId.get(id)
    assert.ok(row, `answered request ${id} is on record`)
    assert.equal(Number(row.units) === 1, pool === 'plan', `request ${id} was paid by ${pool}`)
    // Money is settled before the last byte; what the plan pays may still ride.
    if (pool !== 'plan') assert.ok(row.ending !== null && Number(row.paid) > 0, `${id} was settled`)
  }
}

export async function checkBooks(store: PostgresStore): Promise<void> {
  const proof = await verify(store)
  assert.deepEqual(
    proof.checks.filter(({ ok }) => !ok),
    [],
  )
}

/** Holds that nobody runs, by when they were first seen so: none may be left past the lease. */
export class Orphans {
  readonly #since = new Map<number, number>()

  async check(store: PostgresStore): Promise<number> {
    const rows = await store.read(
      'select id from open_hold where not exists (select 1 from node where node.id = open_hold.node)',
    )
    const now = performance.now()
    const left = new Set(rows.map(({ id }) => Number(id)))
    for (const id of this.#since.keys()) if (!left.has(id)) this.#since.delete(id)
    for (const id of left) {
      const since = this.#since.get(id) ?? now
      this.#since.set(id, since)
      assert.ok(now - since < PATIENCE_MS, `hold ${id} is open past its lease`)
    }
    return left.size
  }
}

/** Until nothing is open: the lease of who was killed last, and a sweep. */
export async function settled(store: PostgresStore): Promise<void> {
  const until = performance.now() + LEASE_MS + PATIENCE_MS
  for (;;) {
    const [row] = await store.read('select count(*) as open from open_hold')
    if (Number(row?.open) === 0) return
    assert.ok(performance.now() < until, `${row?.open} holds are open past their lease`)
    await pause(200)
  }
}
