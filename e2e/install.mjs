// The clients, once: exact pins, a folder of their own, so that hundreds of megabytes stay out of the product's lock file.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const e2e = path.dirname(fileURLToPath(import.meta.url))
const stampFile = path.join(e2e, 'node_modules/.tokenplan-package')

/** Installs when `package.json` is not the one that was installed last. */
export function installClients() {
  const wanted = readFileSync(path.join(e2e, 'package.json'), 'utf8')
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) return
  console.log('Installing the clients (once, about 800 MB) …')
  // --ignore-scripts: the only script copies Claude Code's program, which is run from its own package here.
  const { status } = spawnSync(
    'npm',
    ['install', '--ignore-scripts', '--include=optional', '--no-audit', '--no-fund'],
    {
      cwd: e2e,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    },
  )
  if (status !== 0) throw new Error(`npm install in e2e/ ended with code ${status}`)
  writeFileSync(stampFile, wanted)
}

export function inPackage(client, ...parts) {
  return path.join(e2e, 'node_modules', client, ...parts)
}

/** What was really installed, not what was asked for. */
export function versionOf(client) {
  return JSON.parse(readFileSync(inPackage(client, 'package.json'), 'utf8')).version
}
