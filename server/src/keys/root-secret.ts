import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import path from 'node:path'
import { ConfigFault } from '../config.ts'

const BYTES = 32

/**
 * The one secret that pepper, tokens and signing keys derive from: given by the operator, or made once and kept in the
 * data folder, readable by its owner alone. Losing it makes every key unknown.
 */
export function rootSecret(given: string | undefined, dataFolder: string): Buffer {
  const known = knownRootSecret(given, dataFolder)
  if (known) return known
  const fresh = randomBytes(BYTES)
  const handle = openSync(path.join(dataFolder, 'secret'), 'wx', 0o600)
  writeSync(handle, `${fresh.toString('hex')}\n`)
  fsyncSync(handle)
  closeSync(handle)
  return fresh
}

/** The same for who must not make one; undefined where there is none yet. */
export function knownRootSecret(given: string | undefined, dataFolder: string): Buffer | undefined {
  if (given !== undefined) {
    if (given.length < BYTES)
      throw new ConfigFault(`TOKENPLAN_SECRET: must have at least ${BYTES} characters`)
    return Buffer.from(given)
  }
  const file = path.join(dataFolder, 'secret')
  try {
    const kept = Buffer.from(readFileSync(file, 'utf8').trim(), 'hex')
    // Cut short by a full disk it would be a weak secret, and the keys made with the whole one are unknown under it.
    if (kept.length !== BYTES) {
      throw new ConfigFault(
        `${file}: must hold ${BYTES * 2} hex digits; restore it from a backup, or set TOKENPLAN_SECRET`,
      )
    }
    return kept
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return undefined
  }
}
