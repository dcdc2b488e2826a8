import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readConfig } from '../src/config.ts'
import { openServer, type Running } from '../src/main.ts'
import { type Calls, callsTo } from './calling.ts'

/** Whole servers in this process over one Postgres, each with a folder of its own, behind one engine. */
export type Server = Calls & {
  readonly running: Running
  readonly logs: readonly string[]
  stop(): Promise<void>
}

export async function openServers(count: number, databaseUrl: string, engineUrl: string): Promise<Server[]> {
  const servers: Server[] = []
  for (let number = 0; number < count; number++) servers.push(await openOne(databaseUrl, engineUrl))
  return servers
}

/** All of them start in the same moment. */
export async function openServersAtOnce(
  count: number,
  databaseUrl: string,
  engineUrl: string,
): Promise<Server[]> {
  const starts = await Promise.allSettled(
    Array.from({ length: count }, () => openOne(databaseUrl, engineUrl)),
  )
  const servers = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []))
  const failed = starts.find((start) => start.status === 'rejected')
  if (!failed) return servers
  for (const server of servers) await server.stop()
  throw failed.reason
}

export const NODES_SECRET = 'a root secret for tests of several servers'

export async function openOne(databaseUrl: string, url: string, secret = NODES_SECRET): Promise<Server> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tokenplan-node-'))
  const config = path.join(folder, 'config.json')
  writeFileSync(config, JSON.stringify({ upstreams: [{ name: 'engine', kind: 'minimax', url }] }))
  const logs: string[] = []
  const running = await openServer(
    readConfig({
      HOST: '127.0.0.1',
      PORT: '0',
      TOKENPLAN_DATA: path.join(folder, 'data'),
      TOKENPLAN_CONFIG: config,
      TOKENPLAN_SECRET: secret,
      DATABASE_URL: databaseUrl,
    }),
    { log: (line) => logs.push(line) },
  )
  const calls = callsTo(running.url.replace('localhost', '127.0.0.1'))
  return {
    ...calls,
    running,
    logs,
    async stop() {
      calls.close()
      await running.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
