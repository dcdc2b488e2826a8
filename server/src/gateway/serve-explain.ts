import {
  entitlementOf,
  type FillingAt,
  type RefusalRecord,
  readFilling,
  seatAt,
  seatHolder,
} from '../book/reads-explain.ts'
import type { RequestRecord } from '../book/reads-receipts.ts'
import { findModel, quotasAt } from '../catalogue/catalogue.ts'
import { Fault } from '../faults.ts'
import { idOfText } from '../ids.ts'
import { answerJson } from './answer-json.ts'
import type { Call } from './call.ts'
import { type Explained, explanationOf } from './explain.ts'
import type { World } from './serve.ts'
import { type Asking, ownRecord, ownRefusal, UNCACHED, whoAsks } from './serve-receipt.ts'

/** GET /v1/token_plan/explain/{request_id}: what filled the window, for a refused request and an admitted one. Free. */
export async function serveExplain(call: Call, world: World, requestId = ''): Promise<void> {
  const asking = await whoAsks(call, world)
  const id = idOfText(requestId)
  const of = (await ownRefusal(id, asking, world)) ?? (await ownRecord(id, asking, world))
  if (!of) throw new Fault('request_unknown', requestId.slice(0, 100))
  answerJson(call, explanationOf(await explained(of, asking, world)), UNCACHED)
}

async function explained(
  of: RefusalRecord | RequestRecord,
  asking: Asking,
  world: World,
): Promise<Explained> {
  const met = await windowMet(of, world)
  if (!met) return { of, window: null, filling: null, meter: null, now: world.book.now() }
  const { window, subscription } = met
  const { resource, at, id } = of
  const asked: FillingAt = {
    subscription,
    resource,
    at,
    before: id,
    kind: window.kind,
    windowMs: window.windowMs,
    viewer: asking === 'operator' ? null : of.member,
  }
  const filling = await readFilling(world.receipts, asked)
  const isHeld = asking === 'operator' || (await seatHolder(world.receipts, subscription)) === of.member
  const meters = isHeld ? await world.book.meters(subscription, of.team.id) : null
  const meter = meters?.find((each) => each.resource === resource) ?? null
  return { of, window, filling, meter, now: world.book.now() }
}

type Met = { readonly subscription: number; readonly window: NonNullable<Explained['window']> }

async function windowMet(of: RefusalRecord | RequestRecord, world: World): Promise<Met | null> {
  const { subscription } = of
  if (subscription === null) return 'why' in of || of.key.kind === 'api' ? null : fullWindow(of, world)
  const window = 'why' in of ? of.window : windowAtAdmission(of)
  return window && { subscription, window }
}

/** Money paid all of it, and its hold knows no window: of those of the seat at that instant the one that had no room. */
async function fullWindow(of: RequestRecord, { receipts, catalogue }: World): Promise<Met | null> {
  const { resource, at, id } = of
  const subscription = await seatAt(receipts, of)
  if (subscription === null) return null
  const entitlement = await entitlementOf(receipts, subscription, resource)
  if (!entitlement || (findModel(catalogue, of.model)?.highspeed && !entitlement.highspeed)) return null
  const windows = await Promise.all(
    quotasAt(entitlement, at).map(async ({ rule, limitUnits }) => {
      const { kind } = rule
      const windowMs = 'windowMs' in rule ? rule.windowMs : 0
      const asked = { subscription, resource, at, before: id, kind, windowMs, viewer: null }
      const { total, givenBackUnits } = await readFilling(receipts, asked)
      return { kind, windowMs, limitUnits, usedUnits: Math.max(0, total.units - givenBackUnits) }
    }),
  )
  const leftIn = (window: (typeof windows)[number]) => window.limitUnits - window.usedUnits
  const [window] = windows.sort((a, b) => leftIn(a) - leftIn(b))
  // A limit of nothing is a promotion that has ended, and no right.
  return window && window.limitUnits > 0 && leftIn(window) < of.askedUnits ? { subscription, window } : null
}

/** Where the rows leave open which of several windows it was, the first of them. */
function windowAtAdmission({ window }: RequestRecord) {
  const [rule] = window?.rules ?? []
  if (!window || !rule) return null
  return { ...window, kind: rule.kind, windowMs: 'windowMs' in rule ? rule.windowMs : 0 }
}
