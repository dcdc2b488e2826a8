import { constants, copyFileSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
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
  // Written beside and linked, so that whoever finds a lock finds all of it.
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, JSON.stringify(mine), { mode: 0o600 })
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      if (tryLink(draft, file)) return { free: () => freeLock(file, mine) }
      const holder = readHolder(file)
      if (holder && isAlive(holder)) {
        throw new LockFault(
          `another server (process ${holder.pid}) already uses the data folder ${dataFolder}. ` +
            'Stop it first, or give this one a folder of its own with TOKENPLAN_DATA.',
        )
      }
      removeStale(file, `${draft}.stale`)
    }
  } finally {
    rmSync(draft, { force: true })
  }
  throw new LockFault(`the lock ${file} cannot be taken`)
}

function tryLink(draft: string, file: string): boolean {
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    // A file system without links, such as exFAT: a copy that refuses to overwrite is nearly as good.
    copyFileSync(draft, file, constants.COPYFILE_EXCL)
    return true
  }
}

/** Of two that find the same stale lock one may have replaced it already: what was moved away alive is put back. */
function removeStale(file: string, aside: string): void {
  try {
    renameSync(file, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  const moved = readHolder(aside)
  if (moved && isAlive(moved)) tryLink(aside, file)
  rmSync(aside, { force: true })
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}

function readHolder(file: string): Holder | undefined {
  try {
    const holder: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof holder !== 'object' || holder === null) return undefined
    const { pid, startedAt } = holder as Partial<Holder>
    // Pid 0 and below would ask after a whole group of processes.
    return Number.isInteger(pid) && Number(pid) > 0 && typeof startedAt === 'string'
      ? { pid: Number(pid), startedAt }
      : undefined
  } catch {
    // Gone, or garbage: no server of ours wrote it.
    return undefined
  }
}

function isAlive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    if (codeOf(error) !== 'EPERM') return false
  }
  if (stateOf(holder.pid) === 'Z') return false
  const startedAt = startTimeOf(holder.pid)
  return startedAt === undefined || holder.startedAt === '' || startedAt === holder.startedAt
}

/** In ticks since boot; undefined where there is no /proc, and then the pid alone decides. */
function startTimeOf(pid: number): string | undefined {
  return statFields(pid)?.[19]
}

/** Z: killed, and only kept because its parent has not asked for its exit code. */
function stateOf(pid: number): string | undefined {
  return statFields(pid)?.[0]
}

/** /proc/PID/stat behind the name, which may hold spaces: the first is field 3 of proc(5). */
function statFields(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

function freeLock(file: string, mine: Holder): void {
  const holder = readHolder(file)
  if (holder?.pid === mine.pid && holder.startedAt === mine.startedAt) rmSync(file, { force: true })
}
