// Where the figures were taken: they mean nothing without it.
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { median } from './median.mjs'

const SYNCS = 200

/** `diskFolder` is where the data folder of the measured server lies. */
export function machine(diskFolder) {
  const [cpu] = os.cpus()
  return [
    new Date().toISOString().slice(0, 16).replace('T', ' '),
    `${os.cpus().length} × ${cpu?.model.trim() ?? 'unknown CPU'}`,
    `${Math.round(os.totalmem() / 2 ** 30)} GB`,
    `${os.type()} ${os.release()}`,
    `Node ${process.versions.node}`,
    `fdatasync p50 ${Math.round(syncMicros(diskFolder))} µs`,
  ].join(' · ')
}

/** One 4 KB block appended and synced, as a small commit does. */
function syncMicros(diskFolder) {
  const file = path.join(diskFolder, 'sync-probe')
  const handle = openSync(file, 'w')
  const block = Buffer.alloc(4096, 1)
  const times = Array.from({ length: SYNCS }, () => {
    writeSync(handle, block)
    const began = performance.now()
    fdatasyncSync(handle)
    return (performance.now() - began) * 1000
  })
  closeSync(handle)
  rmSync(file)
  return median(times)
}
