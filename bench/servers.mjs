// The built server, once or several times over one Postgres, behind an engine of ours, with teams that have what a run may
// spend; and what the books say when it is over.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import Database from 'libsql'
import pg from 'pg'
import { build, house, isStale } from '../scripts/build.mjs'
import { flagIn } from './flags.mjs'
import { folder, freePort, start, stopAll } from './stage.mjs'

const bundle = path.join(house, 'server/dist/tokenplan.mjs')
/** Only where there are several servers: they must have the same one. */
const SECRET = 'the root secret of a run, long enough'

/**
 * Runs `play(stage)` and cleans up, whatever happens; the folder is kept where something was wrong. `stage`: `work`, a
 * folder; `wrong`, to which every difference is added; `databaseUrl` and `nodes`, from DATABASE_URL and `--nodes`; `given`,
 * servers of somebody else's from `--urls a,b`, which must share DATABASE_URL and TOKENPLAN_SECRET and ask our engine.
 */
export async function onStage(name, play) {
  mkdirSync(path.join(folder, '.work'), { recursive: true })
  const work = mkdtempSync(path.join(folder, `.work/${name}-`))
  const given = flagIn('urls', '').split(',').filter(Boolean)
  const stage = {
    work,
    wrong: [],
    given,
    nodes: Number(flagIn('nodes', 1)),
    databaseUrl: process.env.DATABASE_URL,
  }
  if (stage.nodes > 1 && !stage.databaseUrl) throw new Error('--nodes needs a DATABASE_URL that they share')
  if (given.length > 0 && !(stage.databaseUrl && process.env.TOKENPLAN_SECRET))
    throw new Error('--urls needs the DATABASE_URL and the TOKENPLAN_SECRET of those servers')
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, async () => {
      await stopAll()
      rmSync(work, { recursive: true, force: true })
      process.exit(130)
    })
  }
  try {
    if (isStale()) await build()
    await play(stage)
  } catch (error) {
    stage.wrong.push(error.stack)
  } finally {
    await stopAll()
  }
  for (const what of stage.wrong) console.error(`WRONG ${what}`)
  if (stage.wrong.length > 0) console.error(`Logs and books are in ${path.relative(process.cwd(), work)}`)
  else rmSync(work, { recursive: true })
  return stage.wrong.length > 0 ? 1 : 0
}

/** Founds the teams, starts the servers; answers { teams, urls, engine, databaseUrl }. `flags` are the engine's. */
export async function openServers(stage, { catalogue, teams, engineFlags = [] }) {
  const engine = await openEngineProcess(stage, engineFlags)
  const envs = Array.from({ length: stage.nodes }, (_, index) => envOf(stage, { catalogue, engine, index }))
  const founded = foundTeams(envs[0], teams)
  const { databaseUrl } = stage
  if (stage.given.length > 0) return { teams: founded, urls: stage.given, engine, databaseUrl }
  const urls = []
  for (const [index, env] of envs.entries()) {
    const port = await freePort()
    const args = [bundle, 'demo']
    await start({
      name: `server-${index + 1}`,
      command: process.execPath,
      args,
      says: 'is ready',
      logFolder: stage.work,
      env: { ...env, PORT: String(port) },
    })
    urls.push(`http://127.0.0.1:${port}`)
  }
  return { teams: founded, urls, engine, databaseUrl }
}

/** No figure of such a run is about speed, so the machine does not matter. */
export function ranOn({ urls, databaseUrl }) {
  const where = databaseUrl ? `${urls.length} server(s) over one Postgres` : 'one server over SQLite'
  return `${new Date().toISOString().slice(0, 16).replace('T', ' ')} · ${where} · Node ${process.versions.node}`
}

/** The marks in RESULTS.md between which a run is kept. */
export function resultOf(name, { databaseUrl }) {
  return databaseUrl ? `${name}-postgres` : name
}

/** `--engine-port` for servers that somebody else has started: they are set up to ask it. */
async function openEngineProcess(stage, flags) {
  const port = Number(flagIn('engine-port', 0)) || (await freePort())
  const args = [path.join(folder, 'engine.mjs'), String(port), ...flags]
  await start({ name: 'engine', command: process.execPath, args, port, logFolder: stage.work })
  return `http://127.0.0.1:${port}`
}

function envOf({ work, databaseUrl, nodes }, { catalogue, engine, index }) {
  const config = path.join(work, 'config.json')
  // An attempt is a call: with retries a call would fail more seldom than the engine does.
  const timeouts = { connectMs: 120_000 }
  const upstreams = [{ name: 'engine', kind: 'minimax', url: engine, retries: 0, timeouts }]
  writeFileSync(config, JSON.stringify({ upstreams }))
  return {
    TOKENPLAN_DATA: path.join(work, `data-${index + 1}`),
    TOKENPLAN_CONFIG: config,
    TOKENPLAN_CATALOGUE: path.join(folder, catalogue),
    NODE_ENV: 'production',
    ...(databaseUrl && { DATABASE_URL: databaseUrl }),
    ...((nodes > 1 || process.env.TOKENPLAN_SECRET) && {
      TOKENPLAN_SECRET: process.env.TOKENPLAN_SECRET ?? SECRET,
    }),
  }
}

/** By name: what `found-teams.ts` prints. */
function foundTeams(env, teams) {
  const args = ['--import', 'tsx', path.join(folder, 'found-teams.ts'), JSON.stringify(teams)]
  const { PATH } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: house,
    env: { PATH, ...env },
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`the teams could not be founded:\n${stderr}`)
  return Object.fromEntries(JSON.parse(stdout).map((team) => [team.name, team]))
}

/** Rows of the books, read-only; numbers are numbers. */
export async function rowsOf({ work, databaseUrl }, sql) {
  if (databaseUrl) {
    const client = new pg.Client(databaseUrl)
    await client.connect()
    const { rows } = await client.query(sql)
    await client.end()
    return rows.map(numbersIn)
  }
  const db = new Database(path.join(work, 'data-1/tokenplan.db'), { readonly: true })
  const rows = db.prepare(sql).all([])
  db.close()
  return rows.map(numbersIn)
}

function numbersIn(row) {
  const isNumber = (value) =>
    typeof value === 'bigint' || (typeof value === 'string' && /^-?\d+$/.test(value))
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, isNumber(value) ? Number(value) : value]),
  )
}

/** `tokenplan verify`, also beside running servers; differences and open holds are added to what is wrong. */
export async function verifyBooks({ work, databaseUrl, wrong }) {
  const { PATH } = process.env
  const env = {
    PATH,
    TOKENPLAN_DATA: path.join(work, 'data-1'),
    ...(databaseUrl && { DATABASE_URL: databaseUrl }),
  }
  const child = spawn(process.execPath, [bundle, 'verify', '--json'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.on('data', (part) => {
    text += part
  })
  await once(child, 'close')
  const { ok, openHolds, checks } = JSON.parse(text)
  if (!ok) wrong.push(`verify: ${JSON.stringify(checks.filter((check) => !check.ok))}`)
  if (openHolds !== 0) wrong.push(`verify: ${openHolds} holds are open`)
  return `\`tokenplan verify\`: ${ok ? 'ok' : 'WRONG'}, ${checks.length} checks, open holds: ${openHolds}.`
}
