import type { OwnQuota, WindowQuota } from '../../server/src/api/own-quota.ts'
import { moment, wait } from './words.ts'

type Props = { readonly windows: readonly WindowQuota[]; readonly quota: OwnQuota }

/** The one thing everybody wants to know first. All windows must have room, so the latest of them decides. */
export function Verdict({ windows, quota: { credits, now } }: Props) {
  const nextFreeAt = Math.max(...windows.map((window) => window.nextFreeAt))
  if (nextFreeAt <= now) return <p class="verdict good">The next request fits now</p>
  const creditsPay = credits?.takesPart && credits.spendableNanos > 0
  return (
    <p class="verdict wait">
      The next request fits at {moment(nextFreeAt, now)}, in {wait(nextFreeAt - now)}.{' '}
      {creditsPay ? 'Until then credits pay.' : 'Until then requests are refused.'}
    </p>
  )
}
