// The built server over a fresh data folder, with quotas no benchmark can use up.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { house } from '../scripts/build.mjs'
import { folder, freePort, start } from './stage.mjs'
import { verifyBooks } from './targets.mjs'

const bundle = path.join(house, 'server/dist/tokenplan.mjs')

export async function openProduct(work, name, env) {
  const data = path.join(work, `data-${name}`)
  const port = await freePort()
  const { stop } = await start({
    name: `us-${name}`,
    command: process.execPath,
    args: [bundle, 'demo'],
    says: 'is ready',
    logFolder: work,
    env: {
      PORT: String(port),
      TOKENPLAN_DATA: data,
      TOKENPLAN_CATALOGUE: path.join(folder, 'plan-without-end.yaml'),
      NODE_ENV: 'production',
      ...env,
    },
  })
  const { tokenPlanKey: key } = JSON.parse(readFileSync(path.join(data, 'demo.json'), 'utf8'))
  return { port, key, stop, data }
}

/** When the server is down. */
export function verdict({ data }) {
  const { ok, text } = verifyBooks(data)
  return `${ok ? 'ok' : 'WRONG'}. ${text.split('\n').at(-1)}`
}
