// Runs the simulator over many seeds, on every core, and prints how often everything happened. Not part of npm test:
// `node scripts/simulate.mjs [--seeds 10000] [--from 1] [--ops 500] [--minutes 0]`; 0 minutes are as many as it takes.
import { spawn } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { wholeFlagIn } from '../bench/flags.mjs'
import { house } from './build.mjs'

const own = fileURLToPath(import.meta.url)

const [from, seeds, operations, minutes] = [
  wholeFlagIn('from', 1),
  wholeFlagIn('seeds', 10_000),
  wholeFlagIn('ops', 500),
  wholeFlagIn('minutes', 0),
]
const workers = Math.min(availableParallelism(), Math.max(1, seeds))

const { build, stop } = await import('esbuild')
// Under the sources, so that packages are found.
const folder = path.join(house, '.test-build', `simulate-${process.pid}`)
mkdirSync(folder, { recursive: true })
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
const bundle = path.join(folder, 'simulate.mjs')
await build({
  entryPoints: ['server/test/simulate/simulate.ts'],
  absWorkingDir: house,
  outfile: bundle,
  bundle: true,
  packages: 'external',
  format: 'esm',
  target: 'node20',
  platform: 'node',
  logLevel: 'warning',
})
await stop()
const child = path.join(folder, 'child.mjs')
writeFileSync(
  child,
  `import { simulate } from './simulate.mjs'
const [first, last, every, operations, until] = process.argv.slice(2).map(Number)
for (let seed = first; seed <= last && (until === 0 || Date.now() < until); seed += every) {
  const outcome = await simulate(seed, operations)
  console.log(JSON.stringify({ ...outcome, counts: [...outcome.counts] }))
}`,
)

const began = Date.now()
const until = minutes === 0 ? 0 : began + minutes * 60_000
const totals = new Map()
const failures = []
let [done, acts] = [0, 0]

await Promise.all(Array.from({ length: workers }, (_, number) => runWorker(number)))
print()
process.exitCode = failures.length > 0 ? 1 : 0

function runWorker(number) {
  const args = [child, from + number, from + seeds - 1, workers, operations, until].map(String)
  const running = spawn(process.execPath, args, { cwd: house, stdio: ['ignore', 'pipe', 'inherit'] })
  process.once('exit', () => running.kill('SIGKILL'))
  const lines = createInterface({ input: running.stdout })
  lines.on('line', (line) => add(JSON.parse(line)))
  return new Promise((resolve, reject) => {
    running.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${own}: a worker ended with ${code}`)),
    )
  })
}

function add({ seed, failure, counts, operations }) {
  done++
  acts += operations
  for (const [name, count] of counts) {
    const [sum, inSeeds] = totals.get(name) ?? [0, 0]
    totals.set(name, [sum + count, inSeeds + 1])
  }
  if (failure) {
    failures.push(seed)
    console.log(`seed ${seed} breaks at step ${failure.step} (${failure.doing}): ${failure.message}`)
  }
  if (done % 500 === 0) console.log(`${done} seeds, ${failures.length} broke, ${seconds()} s`)
}

function print() {
  console.log(`\n${'what'.padEnd(44)}${'times'.padStart(10)}${'in seeds'.padStart(10)}`)
  for (const [name, [sum, inSeeds]] of [...totals].sort(([a], [b]) => a.localeCompare(b)))
    console.log(`${name.padEnd(44)}${String(sum).padStart(10)}${String(inSeeds).padStart(10)}`)
  const broke =
    failures.length > 0 ? `; these broke: ${failures.sort((a, b) => a - b).join(' ')}` : ', none broke'
  console.log(`\n${done} seeds, ${acts} operations in ${seconds()} s on ${workers} cores${broke}`)
}

function seconds() {
  return Math.round((Date.now() - began) / 1000)
}
