// How long callers wait for the journal, at so many callers at once, and how many requests a second it takes.

import { type Customer, found, open } from './open.ts'
import { ASK, DONE, fiveHours, say, textPlan, told } from './subjects.ts'

type Wanted = {
  readonly place: string
  readonly callers: readonly number[]
  /** How long a round lasts. */
  readonly ms: number
}

const { place, callers, ms } = told<Wanted>()
const CUSTOMERS = 64
const opened = await open(place)
const customers = await found(opened, CUSTOMERS, textPlan(fiveHours(1e12)))

type Times = { readonly admitMs: number[]; readonly endMs: number[] }

async function call(customer: Customer, keyKind: 'plan' | 'api', times: Times, until: number): Promise<void> {
  const { team, member, subscription } = customer
  while (performance.now() < until) {
    const began = performance.now()
    const ask = { ...ASK, id: opened.ids.next(), team, member, keyKind }
    const admitted = await opened.book.admit(ask, keyKind === 'plan' ? subscription : null)
    if (admitted.kind === 'refused') throw new Error(`refused: ${JSON.stringify(admitted.refusal)}`)
    const held = performance.now()
    await opened.book.end(admitted.op, { ...DONE, nanos: keyKind === 'plan' ? 0 : DONE.nanos })
    times.admitMs.push(held - began)
    times.endMs.push(performance.now() - held)
  }
}

async function measure(count: number, keyKind: 'plan' | 'api', lastsMs: number) {
  const times: Times = { admitMs: [], endMs: [] }
  const commits = opened.commits()
  const began = performance.now()
  const running = Array.from({ length: count }, (_, index) =>
    call(customers[index % CUSTOMERS] as Customer, keyKind, times, began + lastsMs),
  )
  await Promise.all(running)
  // The ends that nobody waited for belong to the requests.
  await opened.book.drain()
  const seconds = (performance.now() - began) / 1_000
  const requests = times.admitMs.length
  return {
    callers: count,
    keyKind,
    requests,
    perSecond: requests / seconds,
    commits: opened.commits() - commits,
    admit: spread(times.admitMs),
    end: spread(times.endMs),
  }
}

function spread(values: readonly number[]) {
  const sorted = Float64Array.from(values).sort()
  return { p50: sorted[sorted.length >> 1], p99: sorted[Math.floor(sorted.length * 0.99)] }
}

for (const keyKind of ['plan', 'api'] as const) await measure(64, keyKind, ms / 3)
const samples = []
for (const count of callers) {
  for (const keyKind of ['plan', 'api'] as const) samples.push(await measure(count, keyKind, ms))
}
await opened.store.close()
say({ samples })
