import type { ResourceQuota, WindowQuota } from '../../server/src/api/own-quota.ts'
import { Bar, windowWords } from './meter.tsx'
import { allowed, count, grantedWords, moment, percentUsed, units } from './words.ts'

type Props = { readonly resource: ResourceQuota; readonly window: WindowQuota; readonly now: number }

/** A meter in one line, for what matters less at the moment. */
export function MeterRow({ resource: { title, unit }, window, now }: Props) {
  const { left, used } = window
  return (
    <li>
      <p class="title">{title}</p>
      <Bar window={window} />
      <p class="amount">
        <strong>{count(left)}</strong> of {units(allowed(window), unit)} left{' '}
        <span class="soft">
          {windowWords(window.name)}
          {grantedWords(window)}
        </span>
      </p>
      {used > 0 && <p class="note">{backWords(window, now)}</p>}
    </li>
  )
}

function backWords(window: WindowQuota, now: number): string {
  const { used, held, fullAt } = window
  const running = held > 0 ? `, ${count(held)} of them by running requests` : ''
  return `${count(used)} used (${percentUsed(used, allowed(window))})${running}; everything back at ${moment(fullAt, now)}.`
}
