// Bundles server, sandbox and console when their sources are newer than what was built.
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const house = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const stampFile = path.join(house, 'server/dist/.stamp')
const sources = [
  'server/src',
  'server/test/simulate',
  'server/test/book',
  'sandbox/src',
  'console/src',
  'scripts/build.mjs',
  'package-lock.json',
]

/** Changes with any file's path, size or time. */
function stampOf() {
  const hash = createHash('sha256')
  for (const source of sources) addTo(hash, path.join(house, source))
  return hash.digest('hex')
}

function addTo(hash, place) {
  const stat = statSync(place)
  if (!stat.isDirectory()) {
    hash.update(`${place} ${stat.size} ${stat.mtimeMs}\n`)
    return
  }
  for (const name of readdirSync(place).sort()) addTo(hash, path.join(place, name))
}

export function isStale() {
  return !existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stampOf()
}

export async function build() {
  const { build: bundle, stop } = await import('esbuild')
  const stamp = stampOf()
  const common = {
    bundle: true,
    format: 'esm',
    target: 'node20',
    platform: 'node',
    sourcemap: 'linked',
    logLevel: 'warning',
  }
  await Promise.all([
    bundle({
      ...common,
      entryPoints: {
        tokenplan: 'server/src/entry.ts',
        'sqlite-worker': 'server/src/store/sqlite-worker.ts',
        simulate: 'server/test/simulate/command.ts',
      },
      outdir: 'server/dist',
      outExtension: { '.js': '.mjs' },
      absWorkingDir: house,
      // Native parts cannot be bundled; undici keeps its own copy of what it loads lazily.
      external: ['libsql'],
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
    }),
    bundle({
      ...common,
      entryPoints: { sandbox: 'sandbox/src/main.ts' },
      outdir: 'sandbox/dist',
      outExtension: { '.js': '.mjs' },
      absWorkingDir: house,
      // For `ws`, which asks for Node's own modules in the old way.
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
    }),
    bundle({
      ...common,
      entryPoints: { 'lab-worker': 'sandbox/src/lab/worker.ts' },
      outdir: 'sandbox/dist',
      outExtension: { '.js': '.mjs' },
      absWorkingDir: house,
      // Its libraries load native parts, wasm and fonts from beside themselves.
      packages: 'external',
    }),
    bundle({
      ...common,
      platform: 'browser',
      target: 'es2022',
      minify: true,
      jsx: 'automatic',
      jsxImportSource: 'preact',
      entryPoints: { console: 'console/src/main.tsx' },
      outdir: 'console/dist',
      absWorkingDir: house,
    }),
  ])
  mkdirSync(path.join(house, 'console/dist'), { recursive: true })
  for (const file of readdirSync(path.join(house, 'console/src')).filter((name) =>
    /\.(html|css|svg)$/.test(name),
  )) {
    copyFileSync(path.join(house, 'console/src', file), path.join(house, 'console/dist', file))
  }
  // Its service process would live on beside the server.
  await stop()
  writeFileSync(stampFile, stamp)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build()
