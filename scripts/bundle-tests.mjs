// Bundles every test file with our sources that it imports, so that no process of `npm test` starts tsx: that costs a
// quarter of a second of CPU, and as much again in each of its workers. Node's own runner then runs plain JavaScript.
import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { house } from './build.mjs'

/** Of this run alone, so that two may run at once; gone with it. */
const folder = path.join(house, '.test-build', String(process.pid))

/** They start a worker that lies beside them, so their place is that of the bundles that `npm start` runs. */
const startWorkers = {
  'server/src/store/sqlite.ts': 'server/dist/tokenplan.mjs',
}

/** The bundle of each file, in their order. A file that does not compile throws, and esbuild has said why. */
export async function bundleTests(files) {
  const { build, stop } = await import('esbuild')
  try {
    await build({ ...optionsFor(files), logLevel: 'warning' })
  } finally {
    await stop()
  }
  return files.map(bundleOf)
}

/** The same again and again while the sources change; says nothing about what does not compile, and throws. */
export async function testBundler(files) {
  const { context, stop } = await import('esbuild')
  const bundles = await context({ ...optionsFor(files), logLevel: 'silent' })
  await bundles.rebuild()
  return {
    bundle: () => bundles.rebuild(),
    of: bundleOf,
    async close() {
      await bundles.dispose()
      await stop()
    },
  }
}

function bundleOf(file) {
  const { dir, name } = path.parse(path.relative(house, path.resolve(house, file)))
  return path.join(folder, dir, `${name}.mjs`)
}

function optionsFor(files) {
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return {
    entryPoints: files,
    absWorkingDir: house,
    outdir: folder,
    outbase: house,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    packages: 'external',
    format: 'esm',
    target: 'node20',
    platform: 'node',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    sourcemap: 'linked',
    sourcesContent: false,
    plugins: [{ name: 'own place', setup: keepPlaces }],
  }
}

/** What lies beside a source is found from the source's place, wherever its code runs. */
function keepPlaces({ onLoad }) {
  onLoad({ filter: /\.tsx?$/ }, ({ path: file }) => {
    const source = readFileSync(file, 'utf8')
    const name = path.relative(house, file).replaceAll(path.sep, '/')
    const place = pathToFileURL(path.join(house, startWorkers[name] ?? name)).href
    return {
      contents: source.replaceAll('import.meta.url', JSON.stringify(place)),
      loader: file.endsWith('x') ? 'tsx' : 'ts',
    }
  })
}
