import type { OwnQuota, ResourceQuota } from '../../server/src/api/own-quota.ts'
import { Meter } from './meter.tsx'
import { MeterRow } from './meter-row.tsx'
import { Verdict } from './verdict.tsx'

/** Text first and large, for it is what this version serves; then what the plan has for later; then what it lacks. */
export function PlanMeters({ quota }: { readonly quota: OwnQuota }) {
  const inPlan = quota.resources.filter((resource) => resource.inPlan)
  const served = inPlan.filter((resource) => resource.served)
  const later = inPlan.filter((resource) => !resource.served)
  const lacking = quota.resources.filter((resource) => !resource.inPlan)
  return (
    <>
      {served.map((resource) => (
        <Served key={resource.id} resource={resource} quota={quota} />
      ))}
      {later.length > 0 && <Later resources={later} now={quota.now} />}
      {lacking.length > 0 && <Lacking resources={lacking} quota={quota} />}
    </>
  )
}

function Served({ resource, quota }: { readonly resource: ResourceQuota; readonly quota: OwnQuota }) {
  const { id, title, windows } = resource
  return (
    <section class="card" aria-labelledby={`title-${id}`}>
      <div class="card-head">
        <h2 id={`title-${id}`}>{title}</h2>
        <Verdict windows={windows} quota={quota} />
      </div>
      {windows.map((window) => (
        <Meter key={window.name} window={window} unit={resource.unit} now={quota.now} />
      ))}
    </section>
  )
}

function Later({ resources, now }: { readonly resources: readonly ResourceQuota[]; readonly now: number }) {
  return (
    <section class="card" aria-labelledby="later-title">
      <div class="card-head">
        <h2 id="later-title">Also in your plan</h2>
        <p class="verdict plain">In a later release</p>
      </div>
      <p class="note">
        This version of the server answers text requests only. The quotas below are yours already, but nothing
        can use them yet.
      </p>
      <ul class="rows">
        {resources.flatMap((resource) =>
          resource.windows.map((window) => (
            <MeterRow key={`${resource.id} ${window.name}`} resource={resource} window={window} now={now} />
          )),
        )}
      </ul>
    </section>
  )
}

function Lacking({
  resources,
  quota,
}: {
  readonly resources: readonly ResourceQuota[]
  readonly quota: OwnQuota
}) {
  const later = resources.every(({ served }) => served) ? '' : ' All but text come in a later release.'
  return (
    <section aria-labelledby="lacking-title">
      <h2 id="lacking-title">{quota.plan ? 'Not in this plan' : 'What a Token Plan Key covers'}</h2>
      <p class="note">
        {quota.credits?.takesPart ? 'Paid by credits where covered.' : 'Nothing pays for these.'}
        {later}
      </p>
      <ul class="names">
        {resources.map(({ id, title }) => (
          <li key={id}>{title}</li>
        ))}
      </ul>
    </section>
  )
}
