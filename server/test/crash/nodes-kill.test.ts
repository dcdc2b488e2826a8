import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { openPostgres } from '../../src/store/postgres.ts'
import { startPostgres } from '../postgres.ts'
import { startEngine, urlOf } from './cycle.ts'
import { checkAnswered, checkBooks, demoOf, kill, Load, Orphans, startNode, stop } from './many-nodes.ts'

/** Hundreds of kills are in `scripts/crash-nodes.mjs`; here is one. */

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

test('one of two servers over one database is killed: every answered call is on record, and the books are right', async () => {
  const postgres = await startPostgres()
  const engine = await startEngine()
  const base = mkdtempSync(path.join(tmpdir(), 'tokenplan-two-'))
  const place = { databaseUrl: await postgres.createDatabase(), engine: urlOf(engine) }
  const nodes = []
  for (const name of ['a', 'b'])
    nodes.push(await startNode(place, { folder: path.join(base, name), port: await freePort() }))
  const store = await openPostgres(place.databaseUrl)
  try {
    const [first, second] = nodes
    if (!first || !second) throw new Error('two servers')
    const load = new Load(nodes, demoOf(first), 16)
    await load.more(200)
    await kill(second)
    await load.more(100)
    await load.stop()
    await checkAnswered(store, load.answered)
    await checkBooks(store)
    await new Orphans().check(store)
  } finally {
    for (const node of nodes) await stop(node)
    await store.close()
    await postgres.remove()
    engine.close()
    engine.closeAllConnections()
    rmSync(base, { recursive: true, force: true })
  }
})
