// One scene's set: a server started as a user starts it, over a data folder that is thrown away, and an engine if it needs one.
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { build, house, isStale } from '../scripts/build.mjs'
import { endGroup, runCommand, start } from './run-command.mjs'
import { between, spentSoFar } from './spent.mjs'

const START_SECONDS = 60
const STOP_SECONDS = 15
const COMMAND_SECONDS = 90
const DAY_MS = 86_400_000
const LONGEST_SCENE_MS = 1_800_000

/** `engine`: flags of a sandbox that poses as a foreign engine; without it the server brings its own. */
export async function openStage({ folder, engine, serverEnv = {}, outside }) {
  if (isStale()) await build()
  // Clients must not read the settings of whoever runs this: nothing of our own environment but where programs are.
  const clean = {
    PATH: process.env.PATH,
    LANG: 'C.UTF-8',
    HOME: made(folder, 'home'),
    TMPDIR: made(folder, 'tmp'),
  }
  const running = []
  try {
    const upstream = engine ? { TOKENPLAN_UPSTREAM: await startEngine(engine, clean, running) } : {}
    const env = { ...clean, PORT: '0', TOKENPLAN_DATA: path.join(folder, 'data'), ...upstream, ...serverEnv }
    const server = await startServer(env, running)
    return {
      ...server,
      place: (client, seconds) =>
        placeFor(client, { ...server, folder, seconds, env: { ...clean, ...outside.env } }),
      stop: () => stop(running),
      complaints: () => running.map(({ said }) => said.stderr.trim()).join('\n'),
      verify: () => verify(env),
    }
  } catch (error) {
    for (const { child } of running) endGroup(child.pid)
    throw error
  }
}

async function startEngine(flags, env, running) {
  const args = ['sandbox/dist/sandbox.mjs', '--port', '0', ...flags]
  const { found } = await launch(args, env, /sandbox listening on (\S+)\s/, running)
  return found
}

async function startServer(env, running) {
  const { found: origin, said } = await launch(
    ['scripts/start.mjs'],
    env,
    /tokenplan is ready at (\S+)\s/,
    running,
  )
  const demo = JSON.parse(readFileSync(path.join(env.TOKENPLAN_DATA, 'demo.json'), 'utf8'))
  const { tokenPlanKey: key, apiKey } = demo
  await leaveTheDay(origin, demo.operatorToken)
  const who = { origin, key, apiKey }
  const atFirst = await spentSoFar(who)
  return { ...who, welcome: () => said.stdout, spent: async () => between(atFirst, await spentSoFar(who)) }
}

/** Waits for the line that says it is there; an end or a silence before that is an error that shows what it printed. */
async function launch(args, env, line, running) {
  const { child, said, ended } = start(process.execPath, args, { env, cwd: house })
  running.unshift({ child, said, ended, name: args[0] })
  const listening = new Promise((resolve) => {
    child.stdout.on('data', () => {
      const [, found] = line.exec(said.stdout) ?? []
      if (found) resolve(found)
    })
  })
  const found = await Promise.race([listening, ended, after(START_SECONDS)])
  if (typeof found === 'string') return { found, said }
  throw new Error(`${args[0]} did not start:\n${said.stdout}\n${said.stderr}`)
}

/** What a client's command gets: who and where, a home that its commands share, and an empty folder to work in. */
function placeFor(client, { folder, env, seconds = COMMAND_SECONDS, ...server }) {
  const home = made(folder, 'homes', client.replaceAll(/[^\w.]+/g, '-'))
  const work = mkdtempSync(path.join(made(folder, 'work'), 'step-'))
  const run = (file, args, ownEnv) =>
    runCommand(file, args, { env: { ...env, HOME: home, ...ownEnv }, cwd: work, seconds })
  return { ...server, home, work, run }
}

function made(...parts) {
  const folder = path.join(...parts)
  mkdirSync(folder, { recursive: true })
  return folder
}

/** Server first, engine last, each by SIGTERM; one that does not end properly is a failure of the product. */
async function stop(running) {
  const wrong = []
  for (const { child, ended, name } of running) {
    child.kill('SIGTERM')
    const end = await Promise.race([ended, after(STOP_SECONDS)])
    if (end?.code !== 0) wrong.push(`${name} ended with ${JSON.stringify(end ?? 'nothing at all')}`)
    endGroup(child.pid)
  }
  if (wrong.length > 0) throw new Error(wrong.join('\n'))
}

function after(seconds) {
  return new Promise((resolve) => {
    setTimeout(resolve, seconds * 1000).unref()
  })
}

/** Daily quotas begin anew at midnight, which must not fall into a scene: shortly before it the day is ended first. */
async function leaveTheDay(origin, operatorToken) {
  const leftMs = DAY_MS - (Date.now() % DAY_MS)
  if (leftMs > LONGEST_SCENE_MS) return
  const answer = await fetch(`${origin}/api/operator/clock`, {
    method: 'POST',
    headers: { authorization: `Bearer ${operatorToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ advanceSeconds: Math.ceil(leftMs / 1000) + 1 }),
  })
  if (answer.status !== 200) throw new Error(`The clock did not move: ${await answer.text()}`)
}

async function verify(env) {
  const args = ['server/bin/tokenplan.mjs', 'verify', '--json']
  const { stdout, stderr } = await runCommand(process.execPath, args, {
    env,
    cwd: house,
    seconds: COMMAND_SECONDS,
  })
  try {
    return JSON.parse(stdout)
  } catch {
    throw new Error(`tokenplan verify --json printed no JSON:\n${stdout}${stderr}`)
  }
}
