// Bundles the parts of the benchmark with the book that they time, beside the worker that the store starts.
import path from 'node:path'
import { build, stop } from 'esbuild'
import { house } from '../../scripts/build.mjs'

export async function bundleParts(parts, outdir) {
  const entries = parts.map((part) => [part, `bench/book/${part}.ts`])
  try {
    await build({
      entryPoints: {
        ...Object.fromEntries(entries),
        'sqlite-worker': 'server/src/store/sqlite-worker.ts',
      },
      absWorkingDir: house,
      outdir,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      packages: 'external',
      format: 'esm',
      target: 'node20',
      platform: 'node',
      logLevel: 'warning',
    })
  } finally {
    await stop()
  }
  return (part) => path.join(outdir, `${part}.mjs`)
}
