// The benchmark: everything is started once, then measured in turn, round after round. `npm run bench -- --quick`
// Flags: --quick (2 minutes), --close (one case in many short rounds), --rounds N, --seconds N (a round), --write (the
// result goes into RESULTS.md), --as-built (the bundle as it is, also when its sources are newer)
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { build, isStale } from '../scripts/build.mjs'
import { firstToken } from './first-token.mjs'
import { loadTool, load as put } from './load.mjs'
import { machine } from './machine.mjs'
import { keepResult } from './results.mjs'
import { cpuMs, folder, rssMb, stopAll, untilQuiet } from './stage.mjs'
import {
  closeTable,
  cpuTable,
  firstTokenTable,
  labelOf,
  latencyTable,
  processTable,
  ratesTable,
} from './table.mjs'
import { installYardsticks, models, openTargets, verifyBooks } from './targets.mjs'

const flags = process.argv.slice(2)
const flag = (name) => flags.includes(`--${name}`)
const number = (name, fallback) => (flag(name) ? Number(flags[flags.indexOf(`--${name}`) + 1]) : fallback)

const HELP = `npm run bench -- [--quick | --close] [--rounds N] [--seconds N] [--write] [--as-built]
  --quick      4 cases instead of 17, about two minutes
  --close      64 × 0.3 KB alone, bare undici and us in turn, about four minutes
  --rounds N   rounds over all targets, medians are taken (3, close 40)
  --seconds N  seconds a load runs (3, quick and close 1)
  --write      keep the tables in bench/RESULTS.md
  --as-built   do not build first`
const unknown = flags.find((text) => text.startsWith('-') && !HELP.includes(text))
if (unknown || flag('help')) {
  console.log(unknown && unknown !== '--help' ? `Unknown flag ${unknown}.\n\n${HELP}` : HELP)
  process.exit(unknown && unknown !== '--help' ? 2 : 0)
}
const quick = flag('quick')
const close = flag('close')
const rounds = number('rounds', close ? 40 : 3)
const seconds = number('seconds', quick || close ? 1 : 3)
const streamsTimed = quick ? 100 : 400

const plain = (connections, bytes) => ({ connections, bytes, stream: false })
const streamed = (connections, bytes) => ({ connections, bytes, stream: true })
const firstTokenLoad = streamed(1, 300)
const loads = loadsOf()
/** Few enough targets that the two sides of a ratio are measured within seconds of each other. */
const CLOSE_TARGETS = ['bare undici', 'us, plan', 'us, money']

process.exitCode = await run()

async function run() {
  mkdirSync(path.join(folder, '.work'), { recursive: true })
  const work = mkdtempSync(path.join(folder, '.work/run-'))
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, async () => {
      await stopAll()
      rmSync(work, { recursive: true, force: true })
      process.exit(130)
    })
  }
  try {
    installYardsticks()
    if (!flag('as-built') && isStale()) await build()
    const { report, ok } = await measure(work)
    console.log(report)
    if (flag('write')) keepResult(close ? 'close' : 'bench', report)
    if (ok) rmSync(work, { recursive: true })
    else console.error(`Not in order; logs and books are in ${path.relative(process.cwd(), work)}`)
    return ok ? 0 : 1
  } finally {
    await stopAll()
  }
}

function loadsOf() {
  if (close) return [plain(64, 300)]
  if (quick) return [plain(1, 300), plain(64, 300), plain(64, 100_000), streamed(64, 300)]
  return [
    ...[300, 100_000, 1_000_000].flatMap((bytes) =>
      [1, 16, 64, 256].map((connections) => plain(connections, bytes)),
    ),
    ...[1, 16, 64, 256].map((connections) => streamed(connections, 300)),
    streamed(64, 100_000),
  ]
}

async function measure(work) {
  const where = machine(work)
  const opened = await openTargets(work)
  const { upstreamPids, dataFolder } = opened
  const targets = close ? opened.targets.filter(({ name }) => CLOSE_TARGETS.includes(name)) : opened.targets
  const sizes = () => new Map(targets.map(({ name, pids }) => [name, rssMb(pids.slice(0, 1))]))
  const samples = []
  const errors = []
  const take = async (round, load, target, seconds) => {
    const sample =
      load === firstTokenLoad ? await time(load, target) : await press(work, load, target, seconds)
    await untilQuiet([...upstreamPids, ...target.pids])
    const { refused, broken } = sample
    const said = `${target.name}, ${labelOf(load)}, round ${round}: ${refused} refused, ${broken ?? 0} broken off`
    if (refused || broken) errors.push(said)
    samples.push({ round, load, target: target.name, ...sample })
  }

  await untilQuiet(targets.flatMap(({ pids }) => pids))
  const idleMb = sizes()
  console.error('Warming up …')
  for (const load of [plain(16, 300), streamed(16, 300)])
    for (const target of targets) await take(0, load, target, 1)
  samples.length = 0
  for (let round = 1; round <= rounds; round++) {
    for (const load of close ? loads : [...loads, firstTokenLoad]) {
      process.stderr.write(
        `round ${round} of ${rounds}, ${load === firstTokenLoad ? 'first token' : labelOf(load)}\n`,
      )
      for (const target of turned(targets, round)) await take(round, load, target, seconds)
    }
  }
  const afterMb = sizes()
  await stopAll()
  const proof = verifyBooks(dataFolder)
  const seen = { where, targets, samples, errors, idleMb, afterMb, proof }
  const report = close ? closeReportOf(seen) : reportOf(seen)
  return { report, ok: proof.ok && errors.length === 0 }
}

/** Each round begins with another target, so that none always comes after the same one. */
function turned(targets, round) {
  const first = (round - 1) % targets.length
  return [...targets.slice(first), ...targets.slice(0, first)]
}

async function press(work, load, target, seconds) {
  const { connections, bytes } = load
  // Hundreds of megabytes on their way: the first answers come late, and a short round would measure only that.
  const span = connections * bytes > 50e6 ? 2 * seconds : seconds
  const before = cpuMs(target.pids)
  const to = target.to[load.stream ? 'stream' : 'fixed']
  const result = await put({ ...to, bodyFile: bodyFile(work, load), connections, seconds: span })
  return { ...result, cpuMicros: ((cpuMs(target.pids) - before) * 1000) / result.requests }
}

function time(load, target) {
  return firstToken({ ...target.to.stream, body: bodyOf(load), streams: streamsTimed })
}

function bodyFile(work, load) {
  const file = path.join(work, `body-${load.bytes}${load.stream ? '-stream' : ''}.json`)
  if (!existsSync(file)) writeFileSync(file, bodyOf(load))
  return file
}

/** A chat request of exactly so many bytes. */
function bodyOf({ bytes, stream }) {
  const model = models[stream ? 'stream' : 'fixed']
  const request = (content) => JSON.stringify({ model, stream, messages: [{ role: 'user', content }] })
  return Buffer.from(request('a'.repeat(bytes - request('').length)))
}

function closeReportOf({ where, targets, samples, errors, proof }) {
  return [
    where,
    `Load: ${loadTool}, ${seconds} s a round, rounds: ${rounds}.`,
    closeTable(samples, targets, loads[0]),
    ...endOf(proof, errors),
  ].join('\n\n')
}

function reportOf({ where, targets, samples, errors, idleMb, afterMb, proof }) {
  const single = loads.filter(({ connections }) => connections === 1)
  return [
    where,
    `Load: ${loadTool}, ${seconds} s a round, rounds: ${rounds}. Medians; a ratio is the median of the rounds’ own ratios (lowest–highest).`,
    `### Requests a second\n\n${ratesTable(samples, targets, loads)}`,
    `### Latency at one connection, p50 / p99 in ms\n\n${latencyTable(samples, targets, single)}`,
    `### Streams at one connection: first event / last event of text / end, p50 in ms\n\n${firstTokenTable(samples, targets, firstTokenLoad)}`,
    `### CPU, µs a request\n\n${cpuTable(samples, targets, loads)}`,
    `### Processes\n\n${processTable(targets, idleMb, afterMb)}`,
    ...endOf(proof, errors),
  ].join('\n\n')
}

function endOf(proof, errors) {
  const verdict = proof.text.split('\n').at(-1)
  return [
    `\`tokenplan verify\` after the run: ${proof.ok ? 'ok' : 'WRONG'}. ${verdict}`,
    errors.length === 0 ? 'Every answer was a 2xx.' : errors.map((error) => `- ERROR ${error}`).join('\n'),
  ]
}
