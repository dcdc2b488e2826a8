// What a fresh clone needs before anything else: the packages of the lock file. Plain Node, no packages of ours yet.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const house = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const LOWEST = [20, 19]

export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > LOWEST[0] || (major === LOWEST[0] && minor >= LOWEST[1])) return
  console.error(`tokenplan needs Node ${LOWEST.join('.')} or newer; this is ${process.versions.node}.`)
  process.exit(1)
}

/** Installs when the lock file is not the one that was installed last. */
export function install() {
  const stampFile = path.join(house, 'node_modules/.tokenplan-lock')
  const lock = createHash('sha256')
    .update(readFileSync(path.join(house, 'package-lock.json')))
    .digest('hex')
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lock) return
  console.log('Installing packages (once) …')
  // --ignore-scripts: no package of ours needs one. --include=dev: the build needs esbuild, whatever NODE_ENV says.
  const { status } = spawnSync(
    'npm',
    ['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund'],
    {
      cwd: house,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    },
  )
  if (status !== 0) process.exit(status ?? 1)
  writeFileSync(stampFile, lock)
}
