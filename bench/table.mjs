// From samples to Markdown. A sample: { round, load, target, perSecond, p50Ms, p99Ms, cpuMicros }.
import { EVENTS } from './first-token.mjs'
import { median } from './median.mjs'

const BARE = 'bare undici'
const PEER = 'portkey'
const OURS = ['us, plan', 'us, money']

export function markdownTable(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)].join(
    '\n',
  )
}

export function labelOf({ connections, bytes, stream }) {
  return `${connections} × ${bytes / 1000} KB${stream ? ', stream' : ''}`
}

/** Requests a second, and what of it is left beside the yardsticks. */
export function ratesTable(samples, targets, loads) {
  const names = targets.map(({ name }) => name)
  const ratios = [BARE, PEER]
    .filter((name) => names.includes(name))
    .flatMap((by) => OURS.map((ours) => [ours, by]))
  const head = ['connections × body', ...names, ...ratios.map(([ours, by]) => `${ours.slice(4)} ÷ ${by}`)]
  return markdownTable(
    head,
    loads.map((load) => [
      labelOf(load),
      ...names.map((name) => whole(medianOf(samples, load, name, 'perSecond'))),
      ...ratios.map(([ours, by]) => ratio(samples, load, ours, by)),
    ]),
  )
}

/** Many rounds of one load: medians with the quarter points, which a few bad seconds of the machine do not move. */
export function closeTable(samples, targets, load) {
  const rows = targets.map(({ name }) => {
    const ratios = paired(samples, load, name, BARE, (sample, other) => sample.perSecond / other.perSecond)
    const figures = ['perSecond', 'cpuMicros', 'p50Ms', 'p99Ms']
    const [perSecond, cpu, p50, p99] = figures.map((figure) => medianOf(samples, load, name, figure))
    const [low, first, middle, third, high] = [0, 0.25, 0.5, 0.75, 1].map((part) =>
      ms(quantile(ratios, part)),
    )
    const ratio = [middle, `${first}–${third}`, `${low}–${high}`]
    return [name, whole(perSecond), ...ratio, whole(cpu), `${ms(p50)} / ${ms(p99)}`]
  })
  const ratio = ['÷ bare undici', 'the middle half of the rounds', 'all rounds']
  const head = [labelOf(load), 'requests a second', ...ratio, 'CPU, µs a request', 'p50 / p99, ms']
  return markdownTable(head, rows)
}

/** p50 / p99 at one connection, and what we add to the bare gateway's p50. */
export function latencyTable(samples, targets, loads) {
  const names = targets.map(({ name }) => name)
  return markdownTable(
    ['connections × body', ...names, ...OURS.map((ours) => `${ours.slice(4)} adds to p50`)],
    loads.map((load) => [
      labelOf(load),
      ...names.map(
        (name) =>
          `${ms(medianOf(samples, load, name, 'p50Ms'))} / ${ms(medianOf(samples, load, name, 'p99Ms'))}`,
      ),
      ...OURS.map((ours) => ms(added(samples, load, ours, 'p50Ms'))),
    ]),
  )
}

/** CPU of the target's processes a request: the figure that a busy machine disturbs least. */
export function cpuTable(samples, targets, loads) {
  const names = targets.filter(({ pids }) => pids.length > 0).map(({ name }) => name)
  return markdownTable(
    ['connections × body', ...names],
    loads.map((load) => [
      labelOf(load),
      ...names.map((name) => whole(medianOf(samples, load, name, 'cpuMicros'))),
    ]),
  )
}

/** First event / last event of text / end, at one connection; what lies between the first two is what events cost. */
export function firstTokenTable(samples, targets, load) {
  const names = targets.map(({ name }) => name)
  const figures = ['firstMs', 'textMs', 'wholeMs']
  const cells = names.map((name) =>
    figures.map((figure) => ms(medianOf(samples, load, name, figure))).join(' / '),
  )
  const adds = OURS.map((ours) => {
    const [first, text, whole] = figures.map((figure) => added(samples, load, ours, figure))
    return `${ms(first)} ms, ${(((text - first) * 1000) / (EVENTS - 1)).toFixed(1)} µs an event, end ${ms(whole)} ms`
  })
  return markdownTable(
    ['', ...names, ...OURS.map((ours) => `${ours.slice(4)} adds`)],
    [['stream', ...cells, ...adds]],
  )
}

/** Of a yardstick with a process for each upstream, the one of the fixed answers. */
export function processTable(targets, idleMb, afterMb) {
  const shown = targets.filter(
    ({ pids }, index) => pids.length > 0 && targets[index - 1]?.pids[0] !== pids[0],
  )
  const rows = shown.map(({ name, pids, startMs }) => [
    pids[0] === targets.at(-1).pids[0] ? 'us' : name,
    whole(startMs),
    whole(idleMb.get(name)),
    whole(afterMb.get(name)),
  ])
  return markdownTable(['process', 'start, ms', 'RSS idle, MB', 'RSS after, MB'], rows)
}

function of(samples, load, target) {
  return samples.filter((sample) => sample.load === load && sample.target === target)
}

function medianOf(samples, load, target, figure) {
  const values = of(samples, load, target)
    .map((sample) => sample[figure])
    .filter(Number.isFinite)
  return values.length === 0 ? Number.NaN : median(values)
}

/** Pairs of the same round, so that a slow minute of the machine hits both sides. */
function paired(samples, load, ours, by, compare) {
  const others = of(samples, load, by)
  return of(samples, load, ours)
    .map((sample) => [sample, others.find(({ round }) => round === sample.round)])
    .filter(([, other]) => other !== undefined)
    .map(([sample, other]) => compare(sample, other))
    .filter(Number.isFinite)
}

function added(samples, load, ours, figure) {
  const values = paired(samples, load, ours, BARE, (sample, other) => sample[figure] - other[figure])
  return values.length === 0 ? Number.NaN : median(values)
}

function ratio(samples, load, ours, by) {
  const values = paired(samples, load, ours, by, (sample, other) => sample.perSecond / other.perSecond)
  if (values.length === 0) return '–'
  const shown = (value) => value.toFixed(value < 10 ? 2 : 0)
  return `${shown(median(values))} (${shown(Math.min(...values))}–${shown(Math.max(...values))})`
}

function quantile(values, part) {
  if (values.length === 0) return Number.NaN
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.round((sorted.length - 1) * part)]
}

function whole(value) {
  return Number.isFinite(value) ? Math.round(value).toLocaleString('en-US') : '–'
}

function ms(value) {
  return Number.isFinite(value) ? value.toFixed(Math.abs(value) < 10 ? 2 : 0) : '–'
}
