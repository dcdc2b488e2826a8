import type { ResourceQuota, WindowQuota } from '../../server/src/api/own-quota.ts'
import { Bar, windowWords } from './meter.tsx'
import { count, moment, percentUsed, units } from './words.ts'

type Props = { readonly resource: ResourceQuota; readonly window: WindowQuota; readonly now: number }

/** A meter in one line, for what matters less at the moment. */
export function MeterRow({ resource: { title, unit }, window, now }: Props) {
  const { left, limit, used } = window
  return (
    <li>
      <p class="title">{title}</p>
      <Bar window={window} />
      <p class="amount">
        <strong>{count(left)}</strong> of {units(limit, unit)} left{' '}
        <span class="soft">{windowWords(window.name)}</span>
      </p>
      {used > 0 && <p class="note">{backWords(window, now)}</p>}
    </li>
  )
}

function backWords({ used, held, limit, fullAt }: WindowQuota, now: number): string {
  const running = held > 0 ? `, ${count(held)} of them by running requests` : ''
  return `${count(used)} used (${percentUsed(used, limit)})${running}; everything back at ${moment(fullAt, now)}.`
}
