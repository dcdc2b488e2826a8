// Decisions a second in memory, one case after the other, round after round.
import { apply } from '../../server/src/book/apply.ts'
import { decide, type Subjects } from '../../server/src/book/decide.ts'
import { settle } from '../../server/src/book/settle.ts'
import {
  ASK,
  DONE,
  fill,
  fiveHours,
  say,
  startsAt,
  subscriptionOf,
  teamOf,
  textPlan,
  told,
  WINDOW_MS,
} from './subjects.ts'

const { rounds, times } = told<{ rounds: number; times: number }>()
const FULL = 30_000

const daily = { rule: { name: 'day', kind: 'daily', zone: 'UTC' }, limitUnits: 1e6 } as const
const weekly = { rule: { name: 'week', kind: 'weekly', zone: 'Europe/Berlin' }, limitUnits: 1e6 } as const
const rich = [1e15]
const small = [...Array.from({ length: 19 }, () => 1_000), 1e15]
const empty = () => subscriptionOf(textPlan(fiveHours(FULL + 2)))
const full = () => fill(empty(), FULL)
const used = (limit: number) => fill(subscriptionOf(textPlan(fiveHours(limit))), limit)

type Case = { readonly name: string; readonly once: () => number }

function deciding(name: string, subjects: Subjects, kind: 'held' | 'refused'): Case {
  if (decide(subjects, ASK, startsAt).kind !== kind) throw new Error(`${name} is not ${kind}`)
  return { name, once: () => decide(subjects, ASK, startsAt).kind.length }
}

/** Held, applied, settled, applied, at the pace at which as many units come back as are taken. */
function cycling(name: string, subjects: Subjects): Case {
  let now = startsAt
  let id = ASK.id
  const once = () => {
    now += WINDOW_MS / FULL
    id++
    const decision = decide(subjects, { ...ASK, id }, now)
    if (decision.kind === 'refused') throw new Error(`${name} was refused`)
    apply(subjects, decision.op)
    apply(subjects, settle(decision.op, DONE, now))
    return decision.op.units
  }
  return { name, once }
}

const cases = [
  deciding('plan, empty window', { subscription: empty(), team: teamOf([]) }, 'held'),
  deciding('plan, 30,000 units in the window', { subscription: full(), team: teamOf([]) }, 'held'),
  deciding(
    'plan, three windows, 30,000 units in each',
    {
      subscription: fill(subscriptionOf(textPlan(fiveHours(FULL + 2), daily, weekly)), FULL),
      team: teamOf([]),
    },
    'held',
  ),
  deciding('credits, 1 lot', { subscription: null, team: teamOf(rich) }, 'held'),
  deciding('credits, 20 lots, all of them pay', { subscription: null, team: teamOf(small) }, 'held'),
  deciding(
    'refused, 30,000 of 30,000 used, no credits',
    { subscription: used(FULL), team: teamOf([], false) },
    'refused',
  ),
  cycling('held and ended: plan, empty window at first', { subscription: empty(), team: teamOf([]) }),
  cycling('held and ended: plan, 30,000 units in the window', { subscription: full(), team: teamOf([]) }),
  cycling('held and ended: credits, 1 lot', { subscription: null, team: teamOf(rich) }),
]

let sink = 0
const perSecond = (once: () => number) => {
  const began = performance.now()
  for (let index = 0; index < times; index++) sink += once()
  return Math.round((times * 1_000) / (performance.now() - began))
}

const samples = cases.map(({ name }) => ({ name, perSecond: [] as number[] }))
for (let round = 0; round <= rounds; round++) {
  for (const [index, { once }] of cases.entries()) {
    const rate = perSecond(once)
    // The first round warms the code.
    if (round > 0) samples[index]?.perSecond.push(rate)
  }
}
say({ samples, sink })
