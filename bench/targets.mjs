// Everything that is measured, started side by side: the upstreams, the yardsticks and the product.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { folder, freePort, isOnPath, start } from './stage.mjs'
import { fixedAnswer, passThrough } from './yardsticks/nginx.mjs'

const house = path.dirname(folder)
const node = process.execPath
const bundle = path.join(house, 'server/dist/tokenplan.mjs')
const portkeyFolder = path.join(folder, 'node_modules/@portkey-ai/gateway')
/** More than any run can spend, and still exact: nanos of it are below 2^53. */
const WALLET_USD = 1_000_000

/** Two models, so that one server of ours serves both upstreams; the yardsticks do not look. */
export const models = { fixed: 'MiniMax-M2.7', stream: 'MiniMax-M2.5' }

const ANSWER = JSON.stringify({
  id: 'x',
  object: 'chat.completion',
  created: 1,
  model: 'MiniMax-M2.7',
  choices: [
    { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'hello '.repeat(12) } },
  ],
  usage: { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 },
  base_resp: { status_code: 0, status_msg: '' },
})

/**
 * Answers the targets in the order of the table's columns: { name, to: { fixed, stream }, pids, startMs }, where `to` is
 * { port, headers }. `work` is an empty folder of this run.
 */
export async function openTargets(work) {
  const stage = { work, start: (what) => start({ logFolder: work, ...what }) }
  const upstream = await openUpstreams(stage)
  const targets = [
    { name: 'direct', pids: [], to: withHeaders(upstream, { authorization: 'Bearer bench' }) },
    await openBare(stage, 'bare undici', upstream),
    await openBare(stage, 'bare pipe', upstream),
    ...(isOnPath('nginx') ? [await openPassThrough(stage, upstream)] : []),
    ...(existsSync(portkeyFolder) ? [await openPortkey(stage, upstream)] : []),
    ...(await openOurs(stage, upstream)),
  ]
  for (const target of targets)
    for (const to of Object.values(target.to)) to.headers['content-type'] = 'application/json'
  return { targets, upstreamPids: upstream.pids, dataFolder: path.join(work, 'data') }
}

/** Ports and pids of the engines: nginx with a fixed body if there is one, and the stub for streams. */
async function openUpstreams(stage) {
  const stream = await freePort()
  const args = [path.join(folder, 'stub-upstream.mjs'), String(stream)]
  const stub = await stage.start({ name: 'stub', command: node, args, port: stream })
  if (!isOnPath('nginx')) return { fixed: stream, stream, pids: [stub.pid] }
  const fixed = await freePort()
  const nginx = await openNginx(stage, 'upstream', fixed, fixedAnswer(fixed, ANSWER))
  return { fixed, stream, pids: [stub.pid, nginx.pid] }
}

function withHeaders({ fixed, stream }, headers) {
  return {
    fixed: { port: fixed, headers: { ...headers } },
    stream: { port: stream, headers: { ...headers } },
  }
}

/** One process for each upstream; the one that is not under load costs nothing. */
async function openBare(stage, name, upstream) {
  const script = path.join(folder, `yardsticks/${name.replace(' ', '-')}.mjs`)
  const ports = { fixed: await freePort(), stream: await freePort() }
  const open = (kind) =>
    stage.start({
      name: `${name.replace(' ', '-')}-${kind}`,
      command: node,
      args: [script, String(ports[kind]), String(upstream[kind])],
      port: ports[kind],
      env: { NODE_ENV: 'production' },
    })
  const fixed = await open('fixed')
  const stream = await open('stream')
  return {
    name,
    pids: [fixed.pid, stream.pid],
    startMs: fixed.startMs,
    to: withHeaders(ports, { authorization: 'Bearer bench' }),
  }
}

async function openPassThrough(stage, upstream) {
  const ports = { fixed: await freePort(), stream: await freePort() }
  const pairs = ['fixed', 'stream'].map((kind) => [ports[kind], upstream[kind]])
  const { pid, startMs } = await openNginx(stage, 'nginx', ports.fixed, passThrough(pairs))
  return { name: 'nginx', pids: [pid], startMs, to: withHeaders(ports, { authorization: 'Bearer bench' }) }
}

function openNginx(stage, name, port, configuration) {
  const place = path.join(stage.work, name)
  mkdirSync(place)
  writeFileSync(path.join(place, 'nginx.conf'), configuration)
  return stage.start({
    name,
    command: 'nginx',
    args: ['-p', place, '-e', 'error.log', '-c', 'nginx.conf'],
    port,
  })
}

async function openPortkey(stage, upstream) {
  const port = await freePort()
  const { pid, startMs } = await stage.start({
    name: 'portkey',
    command: node,
    args: [path.join(portkeyFolder, 'build/start-server.js'), '--headless', `--port=${port}`],
    port,
    env: { NODE_ENV: 'production' },
  })
  const to = (upstreamPort) => ({
    port,
    headers: {
      authorization: 'Bearer bench',
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': `http://127.0.0.1:${upstreamPort}/v1`,
    },
  })
  return {
    name: 'portkey',
    pids: [pid],
    startMs,
    to: { fixed: to(upstream.fixed), stream: to(upstream.stream) },
  }
}

/** One server, two keys: the Token Plan Key spends plan units, the API key money. The wallet is filled while it is down. */
async function openOurs(stage, upstream) {
  const data = path.join(stage.work, 'data')
  const port = await freePort()
  const config = path.join(stage.work, 'config.yaml')
  const entry = (kind) =>
    `  - { name: ${kind}, kind: minimax, url: 'http://127.0.0.1:${upstream[kind]}', models: { ${models[kind]}: ${models[kind]} } }`
  writeFileSync(config, `upstreams:\n${['fixed', 'stream'].map(entry).join('\n')}\n`)
  const env = {
    PORT: String(port),
    TOKENPLAN_DATA: data,
    TOKENPLAN_CONFIG: config,
    TOKENPLAN_CATALOGUE: path.join(folder, 'plan-without-end.yaml'),
    NODE_ENV: 'production',
  }
  const open = (name) => stage.start({ name, command: node, args: [bundle, 'demo'], says: 'is ready', env })
  const first = await open('us-first-start')
  await first.stop()
  fillWallet(data)
  const { pid, startMs } = await open('us')
  const { tokenPlanKey, apiKey } = JSON.parse(readFileSync(path.join(data, 'demo.json'), 'utf8'))
  const paidBy = (name, key) => ({
    name: `us, ${name}`,
    pids: [pid],
    startMs,
    to: withHeaders({ fixed: port, stream: port }, { authorization: `Bearer ${key}` }),
  })
  return [paidBy('plan', tokenPlanKey), paidBy('money', apiKey)]
}

function fillWallet(data) {
  const args = ['--import', 'tsx', path.join(folder, 'fill-wallet.ts'), data, String(WALLET_USD)]
  const { status, stderr } = spawnSync(node, args, { cwd: house, encoding: 'utf8' })
  if (status !== 0) throw new Error(`the wallet could not be filled:\n${stderr}`)
}

/** `tokenplan verify` over the books of the run, when the server is down. */
export function verifyBooks(dataFolder) {
  const env = { PATH: process.env.PATH, TOKENPLAN_DATA: dataFolder }
  const { status, stdout, stderr } = spawnSync(node, [bundle, 'verify'], { env, encoding: 'utf8' })
  return { ok: status === 0, text: (stdout + stderr).trim() }
}

/** Portkey and autocannon are fetched when package.json asks for others than last time, into a folder git does not know. */
export function installYardsticks() {
  const wanted = readFileSync(path.join(folder, 'package.json'), 'utf8')
  const stampFile = path.join(folder, 'node_modules/.installed')
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) return
  console.error('Installing what is measured against (once) …')
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error']
  const { status } = spawnSync('npm', ['install', ...flags], { cwd: folder, stdio: ['ignore', 2, 2] })
  if (status === 0) writeFileSync(stampFile, wanted)
  else console.error(`Could not.${existsSync(portkeyFolder) ? '' : ' Portkey is left out.'}`)
}
