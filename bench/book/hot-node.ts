// One of several servers that ask about the same subscription, over one Postgres, for as long as they are told to.

import { type Customer, open } from './open.ts'
import { ASK, DONE, say, told } from './subjects.ts'

type Wanted = {
  readonly place: string
  readonly customer: Customer
  readonly callers: number
  /** When all begin and end, ms since the epoch. */
  readonly startsAt: number
  readonly endsAt: number
}

const { place, customer, callers, startsAt, endsAt } = told<Wanted>()
const opened = await open(place)
await new Promise((resolve) => setTimeout(resolve, startsAt - Date.now()))
const late = Date.now() - startsAt
let [admitted, refused] = [0, 0]

async function call(): Promise<void> {
  const { team, member, subscription } = customer
  while (Date.now() < endsAt) {
    const answer = await opened.book.admit({ ...ASK, id: opened.ids.next(), team, member }, subscription)
    if (answer.kind === 'refused') {
      if (answer.refusal.why !== 'window-empty') throw new Error(`refused: ${answer.refusal.why}`)
      refused++
      continue
    }
    admitted++
    await opened.book.end(answer.op, { ...DONE, nanos: 0 })
  }
}

await Promise.all(Array.from({ length: callers }, call))
await opened.book.drain()
const seconds = (Date.now() - startsAt) / 1_000
await opened.store.close()
say({ admitted, refused, seconds, late })
