import { type FillingAt, type RefusalRecord, readFilling, seatHolder } from '../book/reads-explain.ts'
import type { RequestRecord } from '../book/reads-receipts.ts'
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
  const window = 'why' in of ? of.window : windowAtAdmission(of)
  const now = world.book.now()
  const { subscription, resource, at, id } = of
  if (!window || subscription === null) return { of, window: null, filling: null, meter: null, now }
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

/** Where the rows leave open which of several windows it was, the first of them. */
function windowAtAdmission({ window }: RequestRecord) {
  const [rule] = window?.rules ?? []
  if (!window || !rule) return null
  return { ...window, kind: rule.kind, windowMs: 'windowMs' in rule ? rule.windowMs : 0 }
}
