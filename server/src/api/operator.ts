import type { Context, Hono } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { z } from 'zod'
import { Fault, faults } from '../faults.ts'
import { isOperator } from '../keys/operator-token.ts'
import { NANOS_PER_CREDIT, NANOS_PER_USD, parseDecimal } from '../money.ts'
import {
  addCredits,
  type OperatorSources,
  setAccess,
  setKeyCap,
  setOverflow,
  topUp,
} from './operator-acts.ts'
import { errorBody } from './operator-clock.ts'
import { correct, revoke } from './operator-repairs.ts'

const LONGEST_DAYS = 3_660
/** A slip of the keyboard is caught, and sums stay whole numbers that JavaScript can count. */
const MOST_NANOS = 1_000_000 * NANOS_PER_USD

const usd = money(NANOS_PER_USD, 'an amount in USD as a decimal text, such as "12.50"')
const credits = money(NANOS_PER_CREDIT, 'a number of credits as a decimal text, such as "5000"')
const positive = (amount: typeof usd) => amount.refine((nanos) => nanos > 0, 'must be more than 0')
const kind = z.enum(['granted', 'bought'])

const bodies = {
  credits: z.strictObject({
    credits: positive(credits),
    kind: kind.default('granted'),
    expiresInDays: z.number().int().min(1).max(LONGEST_DAYS).optional(),
  }),
  wallet: z.strictObject({ usd: positive(usd), kind: kind.default('bought') }),
  overflow: z.strictObject({ on: z.boolean(), monthlyCapUsd: usd.nullable() }),
  access: z.strictObject({
    creditsAccess: z.boolean(),
    overflow: z.boolean(),
    monthlyCapCredits: credits.nullable(),
  }),
  cap: z.strictObject({ monthlyCapUsd: usd.nullable() }),
  nothing: z.strictObject({}),
  correction: z
    .strictObject({
      requestId: z.string(),
      units: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
      credits: credits.optional(),
      usd: usd.optional(),
      reason: z.string().trim().min(1).max(500),
    })
    .refine((body) => body.credits === undefined || body.usd === undefined, 'credits or usd, not both')
    .refine((body) => body.units + (body.credits ?? body.usd ?? 0) > 0, 'nothing is to be given back'),
}

function money(nanosPerOne: number, what: string) {
  const wrong = `must be ${what}, worth at most $1,000,000`
  return z.union([z.string(), z.number()], wrong).transform((given, context) => {
    const nanos = parseDecimal(String(given), nanosPerOne)
    if (nanos !== undefined && nanos <= MOST_NANOS) return nanos
    context.addIssue({ code: 'custom', message: wrong })
    return z.NEVER
  })
}

/** What an operator may do to teams, keys and requests; each act is one audit row, committed with it. */
export function operatorActs(app: Hono, sources: OperatorSources): void {
  const guarded = guardOver(sources.operatorToken)
  const { correction, ...of } = bodies
  app.post(
    '/api/operator/teams/:team/credits',
    guarded(of.credits, (c, body) => addCredits(sources, idIn(c, 'team'), body)),
  )
  app.post(
    '/api/operator/teams/:team/wallet',
    guarded(of.wallet, (c, body) => topUp(sources, idIn(c, 'team'), body)),
  )
  app.post(
    '/api/operator/teams/:team/wallet-overflow',
    guarded(of.overflow, (c, body) => setOverflow(sources, idIn(c, 'team'), body)),
  )
  app.post(
    '/api/operator/teams/:team/members/:member/access',
    guarded(of.access, (c, body) =>
      setAccess(sources, { team: idIn(c, 'team'), member: idIn(c, 'member') }, body),
    ),
  )
  app.post(
    '/api/operator/teams/:team/keys/:key/cap',
    guarded(of.cap, (c, body) => setKeyCap(sources, { team: idIn(c, 'team'), key: keyIn(c) }, body)),
  )
  app.post(
    '/api/operator/keys/:key/revoke',
    guarded(of.nothing, (c) => revoke(sources, keyIn(c))),
  )
  app.post(
    '/api/operator/corrections',
    guarded(correction, (_, body) => correct(sources, body)),
  )
}

function guardOver(token: string) {
  return <Body>(schema: z.ZodType<Body>, act: (c: Context, body: Body) => Promise<object>) =>
    async (c: Context) => {
      c.header('cache-control', 'no-store')
      try {
        if (!isOperator(c.req.header('authorization'), token)) throw new Fault('operator_only')
        return c.json(await act(c, bodyOf(schema, await c.req.text())))
      } catch (error) {
        if (!(error instanceof Fault)) throw error
        return c.json(errorBody(error), faults[error.kind].status as ContentfulStatusCode)
      }
    }
}

/** No body at all is one without fields. */
function bodyOf<Body>(schema: z.ZodType<Body>, text: string): Body {
  const { success, data, error } = schema.safeParse(jsonIn(text || '{}'))
  if (success) return data
  const [issue] = error.issues
  const where = issue?.path.join('.')
  throw new Fault('param_invalid', `${where ? `${where}: ` : ''}${issue?.message ?? 'not as expected'}`)
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Fault('body_broken')
  }
}

function idIn(c: Context, name: 'team' | 'member'): number {
  const text = c.req.param(name) ?? ''
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text)
  throw new Fault('subject_unknown', `${name} ${text.slice(0, 50)}`)
}

/** The public id, or the beginning of a key with it. */
function keyIn(c: Context): string {
  return (c.req.param('key') ?? '').slice(0, 50).replace(/^sk-(cp|api)-/, '')
}
