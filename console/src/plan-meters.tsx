import type { OwnQuota, ResourceQuota } from '../../server/src/api/own-quota.ts'
import { Meter } from './meter.tsx'
import { MeterRow } from './meter-row.tsx'
import { Verdict } from './verdict.tsx'

/** Text first and large, for it is what the tools of a team ask for all day; the rest in a line each; then what it lacks. */
export function PlanMeters({ quota }: { readonly quota: OwnQuota }) {
  const inPlan = quota.resources.filter((resource) => resource.inPlan)
  const text = inPlan.filter(isText)
  const others = inPlan.filter((resource) => !isText(resource))
  const lacking = quota.resources.filter((resource) => !resource.inPlan)
  return (
    <>
      {text.map((resource) => (
        <Served key={resource.id} resource={resource} quota={quota} />
      ))}
      {others.length > 0 && <Others resources={others} now={quota.now} />}
      {lacking.length > 0 && <Lacking resources={lacking} quota={quota} />}
    </>
  )
}

function isText({ id }: ResourceQuota): boolean {
  return id === 'text'
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

function Others({ resources, now }: { readonly resources: readonly ResourceQuota[]; readonly now: number }) {
  const unmade = resources.filter(({ served }) => !served).map(({ title }) => title)
  return (
    <section class="card" aria-labelledby="others-title">
      <div class="card-head">
        <h2 id="others-title">Speech, images, video, music and tools</h2>
        <p class="verdict plain">With the same key</p>
      </div>
      {unmade.length > 0 && (
        <p class="note">
          No engine of this server makes these yet, its operator can add one: {unmade.join(', ')}.
        </p>
      )}
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
  return (
    <section aria-labelledby="lacking-title">
      <h2 id="lacking-title">{quota.plan ? 'Not in this plan' : 'What a Token Plan Key covers'}</h2>
      <p class="note">
        {quota.credits?.takesPart ? 'Paid by credits where covered.' : 'Nothing pays for these.'}
      </p>
      <ul class="names">
        {resources.map(({ id, title }) => (
          <li key={id}>{title}</li>
        ))}
      </ul>
    </section>
  )
}
