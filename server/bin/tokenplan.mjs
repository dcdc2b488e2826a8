#!/usr/bin/env node
import { existsSync } from 'node:fs'

const bundle = new URL('../dist/tokenplan.mjs', import.meta.url)
if (!existsSync(bundle)) {
  console.error(
    'tokenplan is not built yet. Run `npm start` (or `npm run build`) at the root of the clone once.',
  )
  process.exit(1)
}
await import(bundle.href)
