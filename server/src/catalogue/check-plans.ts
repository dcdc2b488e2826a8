import type { Entitlement, Plan, Promotion, Quota, Resource, WindowRule } from './catalogue.ts'
import type { Beside } from './check-windows.ts'
import {
  complain,
  type Field,
  isWritten,
  members,
  namedMembers,
  nameField,
  referred,
  someMembers,
} from './fields.ts'
import { instant, optional, text, trueOrFalse, usd, wholeNumber } from './scalars.ts'

const UNITS_RANGE = { from: 1, to: 1_000_000_000 }
const PLAN_ID = /^[a-z][a-z0-9-]{0,39}$/

export type PlanFrame = {
  readonly windows: ReadonlyMap<string, WindowRule>
  readonly resources: ReadonlyMap<string, Resource>
  readonly beside: Beside | null
}

export function checkPlans(field: Field, frame: PlanFrame): Map<string, Plan> {
  const plans = new Map<string, Plan>()
  const names = new Map<string, string>()
  for (const [id, inner] of someMembers(field)) {
    if (!PLAN_ID.test(id)) complain(nameField(field, id), 'a plan id is like max or max-highspeed')
    const plan = checkPlan(id, inner, frame)
    const twin = names.get(plan.name)
    if (twin) complain(inner, `plan ${twin} is called ${JSON.stringify(plan.name)} too`)
    names.set(plan.name, id)
    plans.set(id, plan)
  }
  return plans
}

function checkPlan(id: string, field: Field, frame: PlanFrame): Plan {
  const member = members(field, ['name', 'price', 'highspeed', 'quotas'])
  const price = members(member('price'), ['month', 'year'])
  const highspeed = optional(member('highspeed'), trueOrFalse, false)
  return {
    id,
    name: text(member('name')),
    monthNanos: usd(price('month')),
    yearNanos: usd(price('year')),
    highspeed,
    entitlements: checkEntitlements(member('quotas'), highspeed, frame),
  }
}

function checkEntitlements(field: Field, highspeed: boolean, frame: PlanFrame): Entitlement[] {
  const entitlements: Entitlement[] = []
  for (const [resource, inner] of namedMembers(field)) {
    referred(nameField(field, resource), resource, frame.resources, 'resource')
    entitlements.push({ resource, highspeed, quotas: checkQuotas(inner, frame) })
  }
  return entitlements
}

function checkQuotas(field: Field, frame: PlanFrame): Quota[] {
  const quotas: Quota[] = []
  // Not empty: without a window nothing would ever be full, and the plan would grant without limit.
  for (const [name, units] of someMembers(field)) {
    const rule = referred(nameField(field, name), name, frame.windows, 'window')
    const limitUnits = wholeNumber(units, UNITS_RANGE)
    if (rule) quotas.push({ rule, limitUnits })
  }
  return withBeside(quotas, frame.beside)
}

function withBeside(quotas: readonly Quota[], beside: Beside | null): Quota[] {
  const all = [...quotas]
  for (const { rule, limitUnits } of quotas) {
    const times = beside?.times.get(rule.name)
    const written = all.some((quota) => quota.rule === beside?.rule)
    if (beside && times !== undefined && !written)
      all.push({ rule: beside.rule, limitUnits: limitUnits * times })
  }
  return all
}

/** Promotions stand in one place, by resource, because they end for all plans at once. */
export function checkPromotions(field: Field, plans: Map<string, Plan>, frame: PlanFrame): void {
  if (!isWritten(field)) return
  for (const [resource, inner] of namedMembers(field)) {
    referred(nameField(field, resource), resource, frame.resources, 'resource')
    const member = members(inner, ['until', 'base'])
    const endsAt = checkUntil(member('until'))
    const bases = checkBases(member('base'), plans)
    for (const [id, plan] of plans) {
      plans.set(id, promoted(plan, resource, { endsAt, baseUnits: bases.get(id) ?? 0, frame }))
    }
    for (const id of bases.keys()) {
      const plan = plans.get(id)
      if (!plan || plan.entitlements.some((entitlement) => entitlement.resource === resource)) continue
      complain(nameField(member('base'), id), `plan ${id} has no quota of ${resource} to promote`)
    }
  }
}

/** `until: null` says openly that no end is known; leaving it out might be a slip. */
function checkUntil(field: Field): number | null {
  if (!isWritten(field)) complain(field, 'is missing; write "until: null" for a promotion without an end')
  return optional(field, instant, null)
}

function checkBases(field: Field, plans: ReadonlyMap<string, Plan>): Map<string, number> {
  const bases = new Map<string, number>()
  for (const [id, units] of namedMembers(field)) {
    referred(nameField(field, id), id, plans, 'plan')
    bases.set(id, wholeNumber(units, { ...UNITS_RANGE, from: 0 }))
  }
  return bases
}

type Offer = { readonly endsAt: number | null; readonly baseUnits: number; readonly frame: PlanFrame }

function promoted(plan: Plan, resource: string, offer: Offer): Plan {
  const entitlements = plan.entitlements.map((entitlement) =>
    entitlement.resource === resource
      ? { ...entitlement, promotion: promotionOf(entitlement.quotas, offer) }
      : entitlement,
  )
  return { ...plan, entitlements }
}

/** The base counts in the entitlement's first window; windows beside it follow from that. */
function promotionOf(quotas: readonly Quota[], { endsAt, baseUnits, frame }: Offer): Promotion {
  const first = quotas.slice(0, 1).map(({ rule }) => ({ rule, limitUnits: baseUnits }))
  return { endsAt, baseUnits, baseQuotas: withBeside(first, frame.beside) }
}
