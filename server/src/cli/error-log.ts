import { BookDown } from '../book/book-down.ts'
import { type Clock, systemClock } from '../clock.ts'
import { Fault } from '../faults.ts'
import { StoreFault } from '../store/store.ts'

export type Report = (where: string, error: unknown) => void

type Times = Pick<Clock, 'realNow'> & { readonly later: (act: () => void, ms: number) => void }

const real: Times = {
  realNow: systemClock().realNow,
  later: (act, ms) => {
    setTimeout(act, ms).unref()
  },
}

/** While the books are down every request says the same. */
const QUIET_MS = 1_000

/** One line of the log for whatever went wrong; of what is wrong with the books one a second, and how many more. */
export function errorLog(log: (line: string) => void, { realNow, later }: Times = real): Report {
  const more = new Map<string, number>()
  const line = (where: string, said: string) =>
    log(`${new Date(realNow()).toISOString()} ${JSON.stringify(where).slice(1, -1)} ${said}`)
  const tellMore = (said: string) => {
    const count = more.get(said) ?? 0
    more.delete(said)
    if (count > 0) line('books', `${said} (${count} more within a second)`)
  }
  return (where, error) => {
    const said = inWords(error)
    const count = more.get(said)
    if (count !== undefined) {
      more.set(said, count + 1)
      return
    }
    line(where, said)
    if (!(error instanceof BookDown || error instanceof StoreFault)) return
    more.set(said, 0)
    later(() => tellMore(said), QUIET_MS)
  }
}

/** A fault is known by its sentence; only what nobody foresaw needs its stack. */
function inWords(error: unknown): string {
  if (error instanceof Fault) {
    if (error.kind === 'internal' && error.cause) return inWords(error.cause)
    // The cause is for the operator alone.
    return error.cause ? `${error.message} (${String(error.cause)})` : error.message
  }
  if (error instanceof BookDown) return `the books cannot be read or written: ${error.message}`
  if (error instanceof StoreFault) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
