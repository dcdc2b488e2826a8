// Breaks the book on purpose, one small mistake at a time, and sees whether its tests notice. Works in a copy.
// `node scripts/mutate.mjs [--mutants 100] [--seed 1] [--seconds 600] [--only N] [--baseline 0]`, with nothing else
// running; without the baseline it trusts that the tests pass as they are.
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { wholeFlagIn } from '../bench/flags.mjs'
import { build, house, isStale } from './build.mjs'
import { mutationsOf } from './mutations.mjs'

/** Quick ones first; those with a database of their own last, but for what only they reach. */
const UNIT = /^server\/src\/book\/.*\.test\.ts$/
const LIVES = ['decisions', 'book', 'rules', 'windows', 'residents', 'load'].map(
  (name) => `server/test/book/${name}.test.ts`,
)
const SIMULATED = ['server/test/simulate/simulate.test.ts']
const ROWS = ['server/test/contract/same-rows.test.ts']
const SHARED = ['shared-book', 'shared-lost-line', 'shared-lives'].map(
  (name) => `server/test/book/${name}.test.ts`,
)
const IS_SHARED = /\/(shared-book|journal-postgres|journal-nodes|turns|subjects|jobs)\.ts$/

/** A mistake may leave a test waiting for ever. */
const LATE = 'NO VERDICT in the time allowed'
const STUCK = '--test-timeout=120000'

/** What is only told, over HTTP. */
const TOLD = ['explain', 'receipts', 'operator', 'caps', 'own-quota', 'windows'].map(
  (name) => `server/test/http/${name}.test.ts`,
)
const IS_TOLD =
  /\/(reads-(explain|receipts|corrections|lots)|correct|refusal-notes|journal-refusals|reports)\.ts$/

const [wanted, seed, seconds, only] = [
  wholeFlagIn('mutants', 100),
  wholeFlagIn('seed', 1),
  wholeFlagIn('seconds', 600),
  wholeFlagIn('only', 0),
]
const tracked = spawnSync('git', ['ls-files'], { cwd: house, encoding: 'utf8' }).stdout.split('\n')
const sources = tracked.filter((file) => /^server\/src\/book\/.*(?<!\.test)\.ts$/.test(file))
const exist = (file) => tracked.includes(file)
const units = tracked.filter((file) => UNIT.test(file))

if (isStale()) await build()
const copy = mkdtempSync(path.join(tmpdir(), 'tokenplan-mutants-'))
/** The tests that run at this moment. */
let running
process.once('exit', () => {
  endTests()
  rmSync(copy, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
for (const file of tracked.filter((name) =>
  /^(server|sandbox|scripts|catalogue|docs|console)\/|^[^/]+\.json$/.test(name),
))
  cpSync(path.join(house, file), path.join(copy, file))
cpSync(path.join(house, 'server/dist'), path.join(copy, 'server/dist'), { recursive: true })
symlinkSync(path.join(house, 'node_modules'), path.join(copy, 'node_modules'))
const { testBundler } = await import(pathToFileURL(path.join(copy, 'scripts/bundle-tests.mjs')).href)

const tests = [...units, ...LIVES, ...SIMULATED, ...ROWS, ...SHARED, ...TOLD].filter(exist)
const bundler = await testBundler(tests)
const equivalents = JSON.parse(readFileSync(path.join(house, 'scripts/equivalent-mutants.json'), 'utf8'))

console.log(`${sources.length} files, ${tests.length} test files`)
const before = wholeFlagIn('baseline', 1) === 0 ? null : await judge(tests, 1_800)
if (before) {
  console.error(`they fail without any mistake: ${before}`)
  process.exit(1)
}

const rows = []
let [killed, number] = [0, 0]
for (const mutant of shuffled(mutationsOf(house, sources), seed)) {
  if (number === wanted) break
  const text = readFileSync(path.join(house, mutant.file), 'utf8')
  writeFileSync(
    path.join(copy, mutant.file),
    text.slice(0, mutant.from) + mutant.text + text.slice(mutant.to),
  )
  const compiles = await bundler.bundle().catch(() => null)
  if (compiles) {
    number++
    if (only === 0 || only === number) await tell(mutant, text)
  }
  writeFileSync(path.join(copy, mutant.file), text)
}
await bundler.close()
print()
process.exitCode = 0

async function tell(mutant, text) {
  const began = Date.now()
  const by = await judge(orderFor(mutant.file).filter(exist), seconds)
  const line = text.split('\n')[mutant.line - 1]?.trim() ?? ''
  const known = equivalents.find(
    (each) => each.file === mutant.file && each.line === line && each.operator === mutant.operator,
  )
  const verdict = by ?? (known ? `equivalent: ${known.why}` : 'SURVIVED')
  // A slow machine is no proof: what does not come to an end by itself has its own limit, and fails by it.
  if (by && by !== LATE) killed++
  rows.push({ ...mutant, number, verdict, isEquivalent: !by && known !== undefined })
  const took = Math.round((Date.now() - began) / 1000)
  console.log(`${number}. ${mutant.file}:${mutant.line}  ${mutant.operator}  ${verdict}  (${took} s)`)
  if (!by) console.log(`     ${line}`)
}

/** Those that are likeliest to notice first; what no request tells of needs none of TOLD. */
function orderFor(file) {
  if (IS_SHARED.test(file)) return [...units, ...SHARED, ...LIVES, ...SIMULATED]
  return IS_TOLD.test(file)
    ? [...units, ...TOLD, ...LIVES]
    : [...units, ...LIVES, ...SIMULATED, ...ROWS, ...SHARED]
}

/** The first test that fails, or null. A mistake that makes them run on for ever is noticed too. */
function judge(files, limitSeconds) {
  const bundles = files.map((file) => bundler.of(file))
  const args = ['--test', '--test-concurrency=2', '--test-reporter=tap', STUCK, ...bundles]
  const child = spawn(process.execPath, args, {
    cwd: copy,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  running = child
  return new Promise((resolve) => {
    let [said, answered] = ['', false]
    const answer = (by) => {
      if (answered) return
      answered = true
      clearTimeout(timer)
      endTests()
      resolve(by)
    }
    const timer = setTimeout(() => answer(LATE), limitSeconds * 1_000)
    child.stdout.on('data', (chunk) => {
      said += chunk
      const failed = /^ *not ok \d+ - (.*)$/m.exec(said)?.[1]
      if (failed) answer(path.relative(copy, failed).startsWith('..') ? failed : path.basename(failed))
      said = said.slice(said.lastIndexOf('\n') + 1)
    })
    child.once('close', (code) => answer(code === 0 ? null : `ended with ${code}`))
  })
}

/** They are a process for each file, and those run databases: all are in one group. */
function endTests() {
  if (running?.exitCode !== null || running.signalCode !== null) return
  process.kill(-running.pid, 'SIGKILL')
}

/** The same order for the same seed (mulberry32, as in the simulator). */
function shuffled(list, seed) {
  let state = seed >>> 0
  const below = (most) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % most
  }
  const order = [...list]
  for (let at = order.length - 1; at > 0; at--) {
    const other = below(at + 1)
    ;[order[at], order[other]] = [order[other], order[at]]
  }
  return order
}

function print() {
  console.log('\n| # | where | mistake | noticed by |\n| --- | --- | --- | --- |')
  for (const { number, file, line, operator, verdict } of rows)
    console.log(
      `| ${number} | ${file.replace('server/src/', '')}:${line} | ${operator.replaceAll('|', '\\|')} | ${verdict} |`,
    )
  const equivalent = rows.filter(({ isEquivalent }) => isEquivalent).length
  const share = Math.round((100 * killed) / Math.max(1, rows.length - equivalent))
  console.log(
    `\n${rows.length} mistakes, ${killed} noticed, ${equivalent} known to change nothing: ${share} %`,
  )
}
