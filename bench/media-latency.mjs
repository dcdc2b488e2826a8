// What the gateway adds to each modality, and what a film in the making does to text.
//   node bench/media-latency.mjs [--rounds N] [--calls N] [--seconds N] [--write]
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { build, isStale } from '../scripts/build.mjs'
import { addedTable, addedToMedia } from './added-to-media.mjs'
import { besideFilms, besideTable } from './beside-films.mjs'
import { machine } from './machine.mjs'
import { keepResult } from './results.mjs'
import { folder, stopAll } from './stage.mjs'

const flags = process.argv.slice(2)
const number = (name, fallback) =>
  flags.includes(`--${name}`) ? Number(flags[flags.indexOf(`--${name}`) + 1]) : fallback

const rounds = number('rounds', 5)
const calls = number('calls', 100)
const seconds = number('seconds', 4)

mkdirSync(path.join(folder, '.work'), { recursive: true })
const work = mkdtempSync(path.join(folder, '.work/latency-'))
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await stopAll()
    rmSync(work, { recursive: true, force: true })
    process.exit(130)
  })
}
try {
  if (isStale()) await build()
  const where = machine(work)
  const added = await addedToMedia(work, { rounds, calls })
  const addedLoad = os.loadavg()[0].toFixed(1)
  const beside = await besideFilms(work, { rounds, seconds })
  const report = [
    where,
    `### Added to a request at one connection, ms\n\n${rounds} rounds of ${calls} calls each way, in turn; load average ${addedLoad}.\n\n${addedTable(added)}`,
    `### Text beside a film in the making, 64 connections\n\n${rounds} pairs of ${seconds} s, in turn; load average ${os.loadavg()[0].toFixed(1)}.\n\n${besideTable(beside)}`,
    ...[...added.proofs, ...beside.proofs].map((proof) => `\`tokenplan verify\`: ${proof}`),
  ].join('\n\n')
  console.log(report)
  if (flags.includes('--write')) keepResult('media-latency', report)
  rmSync(work, { recursive: true })
} finally {
  await stopAll()
}
