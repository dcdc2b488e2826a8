import { BookDown } from '../book/book-down.ts'
import { asFault, Fault } from '../faults.ts'
import { StoreFault } from '../store/sqlite.ts'

/** What a caller is told of an error: books or a store that are down, else the fault it is, else an internal one. */
export function toldFault(error: unknown): Fault {
  const isDown = error instanceof BookDown || error instanceof StoreFault
  return isDown ? new Fault('store_down') : asFault(error)
}
