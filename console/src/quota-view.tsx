import type { OwnQuota } from '../../server/src/api/own-quota.ts'
import { CreditsCard, WalletCard } from './money.tsx'
import { PlanMeters } from './plan-meters.tsx'
import { date, hourMinuteSecond, wait, zone } from './words.ts'

type Props = {
  readonly quota: OwnQuota
  readonly accessKey: string
  readonly askedAt: number
  readonly problem: string | null
  readonly kept: boolean
  readonly forget: () => void
}

export function QuotaView({ quota, accessKey, askedAt, problem, kept, forget }: Props) {
  const isApi = quota.kind === 'api'
  return (
    <>
      <section class="whose" aria-labelledby="whose-title">
        <div>
          <p class="over">Team {quota.team.name}</p>
          <h1 id="whose-title">{isApi ? 'API key' : (quota.plan?.name ?? 'No plan')}</h1>
          <p class="note">{planNote(quota)}</p>
        </div>
        <div class="key-line">
          <code>{masked(accessKey)}</code>
          <button type="button" class="quiet" onClick={forget}>
            Use another key
          </button>
          <p class="note">
            {kept ? 'Kept in this tab until it is closed.' : 'Kept in memory; a reload forgets it.'}
          </p>
        </div>
      </section>
      <p class="banner" role="status">
        {problem &&
          `${problem} The numbers are those of ${hourMinuteSecond(askedAt)}; it is asked again every 5 seconds.`}
      </p>
      {isApi ? <WalletCard quota={quota} /> : <PlanMeters quota={quota} />}
      {!isApi && <CreditsCard quota={quota} />}
      <p class="note asked">
        As of {hourMinuteSecond(askedAt)}, asked anew every 5 seconds while you look. Times are those of your
        zone, {zone()}. {clockNote(quota.now - askedAt)}
      </p>
    </>
  )
}

function planNote({ kind, plan, now }: OwnQuota): string {
  if (kind === 'api') return 'Pays as it goes from the wallet of the team.'
  if (!plan) return 'No seat is assigned to the holder of this key.'
  return plan.endsAt === null
    ? 'Token Plan, without an end date.'
    : `Token Plan, until ${date(plan.endsAt, now)}.`
}

/** A demo's clock may have been moved forward; then the times of this page are not those on the wall. */
function clockNote(aheadMs: number): string {
  if (Math.abs(aheadMs) < MINUTE_MS) return ''
  const way = aheadMs > 0 ? 'ahead of' : 'behind'
  return `The clock of plans runs ${wait(Math.abs(aheadMs))} ${way} yours; what comes back does so by that clock.`
}

const MINUTE_MS = 60_000

function masked(key: string): string {
  const prefix = /^sk-[a-z]+-/.exec(key)?.[0] ?? ''
  return `${prefix}…${key.slice(-4)}`
}
