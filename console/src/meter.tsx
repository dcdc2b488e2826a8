import type { WindowQuota } from '../../server/src/api/own-quota.ts'
import type { Unit } from '../../server/src/catalogue/catalogue.ts'
import { ReleaseCurve } from './release-curve.tsx'
import { allowed, count, grantedWords, moment, percentUsed, units, wait } from './words.ts'

type Props = { readonly window: WindowQuota; readonly unit: Unit; readonly now: number }

/** One window: what is left in large, the rest in words, and the curve where things come back bit by bit. */
export function Meter({ window, unit, now }: Props) {
  const { left, name } = window
  return (
    <div class="meter">
      <p class="left">
        <strong class={left === 0 ? 'none' : undefined}>{count(left)}</strong> of{' '}
        {units(allowed(window), unit)} left{' '}
        <span class="soft">
          {windowWords(name)}
          {grantedWords(window)}
        </span>
      </p>
      <Bar window={window} />
      <Facts window={window} unit={unit} now={now} />
      {window.returns.length > 1 && <ReleaseCurve window={window} unit={unit} now={now} />}
    </div>
  )
}

export function windowWords(name: string): string {
  if (name === 'daily') return 'today'
  return name === 'weekly' ? 'this week' : `in the ${name.replace('-', '\u2011')} window`
}

/** One request of 15,000 must be seen, too. */
const LEAST_PERCENT = 1

/** Width is drawn, not styled: the page's policy forbids inline styles. The words beside it say the same. */
export function Bar({ window }: { readonly window: WindowQuota }) {
  const { used, held } = window
  const width = (part: number) =>
    `${part === 0 ? 0 : Math.min(100, Math.max(LEAST_PERCENT, (part * 100) / allowed(window)))}%`
  return (
    <svg class="bar" width="100%" height="10" aria-hidden="true">
      <rect class="bar-all" width="100%" height="100%" rx="5" />
      <rect class="bar-held" width={width(used)} height="100%" rx="5" />
      <rect class="bar-used" width={width(used - held)} height="100%" rx="5" />
    </svg>
  )
}

function Facts({ window, unit, now }: Props) {
  const { used, held, limit, usefulAt, fullAt } = window
  const part = percentUsed(used, allowed(window))
  return (
    <dl class="facts">
      <Fact name="Used" value={count(used)} more={part} />
      <Fact name="Of these held" value={count(held)} more="by running requests" />
      {usefulAt > now && (
        <Fact
          name="Useful again"
          value={moment(usefulAt, now)}
          more={`with ${units(usefulUnits(limit), unit)} back`}
        />
      )}
      <Fact
        name="Everything back"
        value={fullAt <= now ? 'now' : moment(fullAt, now)}
        more={fullAt <= now ? 'nothing is used' : `in ${wait(fullAt - now)}`}
      />
    </dl>
  )
}

type FactProps = { readonly name: string; readonly value: string; readonly more: string }

function Fact({ name, value, more }: FactProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {value} <span>{more}</span>
      </dd>
    </div>
  )
}

/** What "useful" means: 1 % of the window or 10 units, whichever is less (the server's rule). */
function usefulUnits(limit: number): number {
  return Math.max(1, Math.min(10, Math.ceil(limit / 100)))
}
