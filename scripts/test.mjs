// `npm test`: set-up, build, format and types, then every test file. It lists them itself and fails on none.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { checkNode, install } from './set-up.mjs'

checkNode()
install()
const { build, house, isStale } = await import('./build.mjs')
if (isStale()) await build()

const only = process.argv.slice(2)
const files =
  only.length > 0 ? only : ['server', 'sandbox', 'console', 'bench', 'scripts'].flatMap(testsUnder)
if (files.length === 0) {
  console.error('No test file was found.')
  process.exit(1)
}
console.log(`${files.length} test files`)
if (only.length === 0) {
  step('format and lint', ['node_modules/@biomejs/biome/bin/biome', 'check', '--diagnostic-level=warn', '.'])
  step('types', ['node_modules/typescript/bin/tsc', '--noEmit'])
}
const { bundleTests } = await import('./bundle-tests.mjs')
const bundles = await bundleTests(files)
step('tests', ['--enable-source-maps', '--test', '--test-concurrency=2', '--test-reporter=spec', ...bundles])

function step(name, args) {
  const { status } = spawnSync(process.execPath, args, { cwd: house, stdio: 'inherit' })
  if (status === 0) return
  console.error(`${name}: failed`)
  process.exit(status ?? 1)
}

function testsUnder(folder) {
  return readdirSync(path.join(house, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.test\.tsx?$/.test(entry.name))
    .map((entry) => path.relative(house, path.join(entry.parentPath, entry.name)))
    .filter((file) => !file.includes('node_modules') && !file.includes('dist/'))
    .sort()
}
