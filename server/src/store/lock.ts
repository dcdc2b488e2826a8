import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import path from 'node:path'

/**
 * One server per data folder: `<data>/lock` holds the pid and that process's start time. A lock whose process is gone,
 * or whose pid now belongs to another process, is stale and is taken over.
 */
export class LockFault extends Error {
  override readonly name = 'LockFault'
}

type Holder = { readonly pid: number; readonly startedAt: string }

export function takeLock(dataFolder: string): { free(): void } {
  const file = path.join(dataFolder, 'lock')
  const mine: Holder = { pid: process.pid, startedAt: startTimeOf(process.pid) ?? '' }
  for (let attempt = 0; attempt < 3; attempt++) {
    if (tryCreate(file, JSON.stringify(mine))) return { free: () => freeLock(file, mine) }
    const holder = readHolder(file)
    if (holder && isAlive(holder)) {
      throw new LockFault(
        `another server (process ${holder.pid}) already uses the data folder ${dataFolder}. ` +
          'Stop it first, or give this one a folder of its own with TOKENPLAN_DATA.',
      )
    }
    rmSync(file, { force: true })
  }
  throw new LockFault(`the lock ${file} cannot be taken`)
}

function tryCreate(file: string, content: string): boolean {
  try {
    const handle = openSync(file, 'wx', 0o600)
    writeSync(handle, content)
    closeSync(handle)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function readHolder(file: string): Holder | undefined {
  try {
    const holder: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof holder !== 'object' || holder === null) return undefined
    const { pid, startedAt } = holder as Partial<Holder>
    return Number.isInteger(pid) && typeof startedAt === 'string' ? { pid: Number(pid), startedAt } : undefined
  } catch {
    // Gone or half written: whoever wrote it did not live to finish.
    return undefined
  }
}

function isAlive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const startedAt = startTimeOf(holder.pid)
  return startedAt === undefined || holder.startedAt === '' || startedAt === holder.startedAt
}

/** Field 22 of /proc/PID/stat, in ticks since boot; undefined where there is no /proc, and then the pid alone decides. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

function freeLock(file: string, mine: Holder): void {
  const holder = readHolder(file)
  if (holder?.pid === mine.pid && holder.startedAt === mine.startedAt) rmSync(file, { force: true })
}
