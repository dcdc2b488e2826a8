// What the parts measured, as Markdown.
import { median } from '../median.mjs'
import { markdownTable } from '../table.mjs'

const whole = (value) => Math.round(value).toLocaleString('en-US')
const fine = (value) => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)

function spread(values, shown = fine) {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  return `${shown(median(values))} (${shown(low)}–${shown(high)})`
}

const verdict = (reached) => (reached ? 'reached' : 'missed')

export function decideTable(samples) {
  const plans = samples.filter(({ name }) => name.startsWith('plan'))
  const slowest = Math.min(...plans.map(({ perSecond }) => median(perSecond)))
  return [
    '### Decisions a second, in memory, one thread',
    markdownTable(
      ['', 'a second'],
      samples.map(({ name, perSecond }) => [name, spread(perSecond, whole)]),
    ),
    `Goal 1,000,000 decisions a second, paid by plan, full or empty: ${verdict(slowest >= 1_000_000)}.`,
  ].join('\n\n')
}

export function memoryTable({ subscriptions, idle, active }) {
  const { few, most, all, idle: left } = idle
  const state = (name, { heap, rssMb, subjects }) => [
    name,
    subjects === undefined ? '–' : whole(subjects),
    fine(heap / 2 ** 20),
    whole(rssMb),
  ]
  const rows = active.map(({ units, bytesEach }) => [
    whole(units),
    whole(bytesEach),
    whole(1_024 + 8 * units),
    verdict(bytesEach <= 1_024 + 8 * units),
  ])
  return [
    '### Memory of subscribers',
    markdownTable(
      ['units in the window of text', 'bytes a Max subscription', 'goal: 1 KB + 8 B a unit', ''],
      rows,
    ),
    markdownTable(
      [
        `${whole(subscriptions)} subscribers asked for, one after the other`,
        'in memory',
        'heap, MB',
        'RSS, MB',
      ],
      [
        state('after 1,000', few),
        state('after 9,000', most),
        state(`after ${whole(subscriptions)}`, all),
        state('when nobody asks any more', left),
      ],
    ),
    `In memory: subscriptions and teams. Of one subscriber in memory, with its team, read from the database: ${whole(idle.bytesEach)} B. Goal 0 B an idle subscriber: ${verdict(left.subjects === 0 && left.heap <= few.heap)}.`,
  ].join('\n\n')
}

export function latencyTable(runs) {
  const keys = [
    ...new Set(runs.map(({ store, callers, keyKind }) => JSON.stringify({ store, callers, keyKind }))),
  ]
  const groups = keys
    .map((key) => ({ ...JSON.parse(key), runs: runs.filter((each) => keyOf(each) === key) }))
    .sort(
      (a, b) => b.store.localeCompare(a.store) || b.keyKind.localeCompare(a.keyKind) || a.callers - b.callers,
    )
  const of = (group, figure) => group.runs.map(figure)
  const rows = groups.map((group) => [
    `${group.store}, ${group.keyKind === 'plan' ? 'plan' : 'money'}`,
    whole(group.callers),
    spread(of(group, ({ admit }) => admit.p50)),
    spread(of(group, ({ admit }) => admit.p99)),
    group.keyKind === 'plan' ? '–' : spread(of(group, ({ end }) => end.p50)),
    spread(
      of(group, ({ perSecond }) => perSecond),
      whole,
    ),
    spread(of(group, ({ requests, commits }) => requests / commits)),
  ])
  const best = Math.max(
    ...groups
      .filter(({ store, keyKind }) => store === 'SQLite' && keyKind === 'plan')
      .map((group) => median(of(group, ({ perSecond }) => perSecond))),
  )
  return [
    '### The journal: how long callers wait, and how many requests it takes',
    markdownTable(
      [
        '',
        'callers',
        'hold p50, ms',
        'hold p99, ms',
        'end p50, ms',
        'requests a second',
        'requests a commit',
      ],
      rows,
    ),
    `A request is a hold and its end. The end of one that a plan pays is not waited for; it is on the disk when the clock stops. Goal 40,000 durable requests a second through the SQLite journal, paid by plan: ${verdict(best >= 40_000)} (${whole(best)}).`,
  ].join('\n\n')
}

const keyOf = ({ store, callers, keyKind }) => JSON.stringify({ store, callers, keyKind })

export function hotTable(runs) {
  const sum = (nodes, figure) => nodes.reduce((total, node) => total + node[figure], 0)
  const rows = runs.map(({ limit, nodes, holds, ok }, round) => {
    const seconds = Math.max(...nodes.map((node) => node.seconds))
    const admitted = nodes.map((node) => node.admitted)
    // Where the time was up before the window was full, nobody may have been refused.
    const isDone = sum(nodes, 'admitted') === limit
    const right = holds === sum(nodes, 'admitted') && ok && (isDone || sum(nodes, 'refused') === 0)
    return [
      String(round + 1),
      whole((sum(nodes, 'admitted') + sum(nodes, 'refused')) / seconds),
      `${whole(sum(nodes, 'admitted'))} of ${whole(limit)}`,
      right ? (isDone ? 'exact' : 'exact, time was up') : 'WRONG',
      admitted.map(whole).join(' / '),
      fine(Math.min(...admitted) / Math.max(...admitted)),
    ]
  })
  return [
    '### One subscription, three servers, one Postgres, 64 callers each',
    markdownTable(
      ['round', 'decisions a second', 'admitted', 'rows and books', 'by server', 'least ÷ most'],
      rows,
    ),
  ].join('\n\n')
}

export function startTable({ requests, subscriptions, starts, proofs }) {
  const of = (figure) => starts.map((start) => start[figure])
  const full = starts[0].usedUnits
  const rows = [
    ['the store opens', spread(of('storeMs'))],
    ['the book opens (sweep, last id)', spread(of('openMs'))],
    ['RSS then, MB', spread(of('rssMb'))],
    [
      `first answer for a subscription with ${whole(requests / subscriptions)} units, ms`,
      spread(of('otherMs')),
    ],
    [`first answer for one with ${whole(full)} units, ms`, spread(of('fullMs'))],
    ['the same after it was let go, ms', spread(of('againMs'))],
    ['verify, s', spread(proofs.map(({ ms }) => ms / 1_000))],
    ['verify, most RSS, MB', spread(proofs.map(({ rssMb }) => rssMb))],
  ]
  const [{ slowest }] = proofs
  return [
    `### A start with ${whole(requests)} requests in the window of ${whole(subscriptions)} subscriptions`,
    markdownTable(['', 'ms'], rows),
    `Goal 5 ms to load a full window: ${verdict(median(of('againMs')) <= 5)}. Verify: ${proofs.every(({ ok }) => ok) ? 'ok' : 'WRONG'}; its slowest queries:`,
    slowest.map(({ sql, ms }) => `- ${fine(ms / 1_000)} s: \`${sql.slice(0, 110)} …\``).join('\n'),
  ].join('\n\n')
}
