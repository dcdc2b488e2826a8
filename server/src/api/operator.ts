import type { Context, Hono } from 'hono'
import { z } from 'zod'
import { Fault } from '../faults.ts'
import { NANOS_PER_CREDIT, NANOS_PER_USD, parseDecimal } from '../money.ts'
import {
  addCredits,
  type OperatorSources,
  setAccess,
  setKeyCap,
  setOverflow,
  topUp,
} from './operator-acts.ts'
import { fields, must, noOtherOperatorPaths, operatorPaths } from './operator-guard.ts'
import { correct, revoke } from './operator-repairs.ts'

const LONGEST_DAYS = 3_660
/** A slip of the keyboard is caught, and sums stay whole numbers that JavaScript can count. */
const MOST_NANOS = 1_000_000 * NANOS_PER_USD

const USD = 'an amount in USD as a decimal text, such as "12.50"'
const CREDITS = 'a number of credits as a decimal text, such as "5000"'
const usd = money(NANOS_PER_USD, USD)
const credits = money(NANOS_PER_CREDIT, CREDITS)
const UNCAPPED = 'is required; null stands for no cap'
const capUsd = money(NANOS_PER_USD, USD, UNCAPPED).nullable()
const capCredits = money(NANOS_PER_CREDIT, CREDITS, UNCAPPED).nullable()
const positive = (amount: typeof usd) => amount.refine((nanos) => nanos > 0, 'must be more than 0')
const kind = z.enum(['granted', 'bought'], must('granted or bought'))
const flag = z.boolean(must('true or false'))

/** Neither control characters nor halves of a pair: what is stored must be what was said. */
const PRINTABLE = /^[^\p{Cc}\p{Cs}]*$/u

const bodies = {
  credits: fields({
    credits: positive(credits),
    kind: kind.default('granted'),
    expiresInDays: whole(1, LONGEST_DAYS).optional(),
  }),
  wallet: fields({ usd: positive(usd), kind: kind.default('bought') }),
  overflow: fields({ on: flag, monthlyCapUsd: capUsd }),
  access: fields({ creditsAccess: flag, overflow: flag, monthlyCapCredits: capCredits }),
  cap: fields({ monthlyCapUsd: capUsd }),
  nothing: fields({}),
  correction: fields({
    requestId: z.string(must('the id of a request, as a text')),
    units: whole(0, Number.MAX_SAFE_INTEGER).default(0),
    credits: credits.optional(),
    usd: usd.optional(),
    reason: reason(),
  })
    .refine((body) => body.credits === undefined || body.usd === undefined, 'credits or usd, not both')
    .refine(
      (body) => body.units + (body.credits ?? body.usd ?? 0) > 0,
      'units, credits or usd: say what is to be given back; all of them are 0',
    ),
}

function money(nanosPerOne: number, what: string, missing?: string) {
  const right = `${what}, worth at most $1,000,000`
  return z.union([z.string(), z.number()], must(right, missing)).transform((given, context) => {
    const nanos = parseDecimal(String(given), nanosPerOne)
    if (nanos !== undefined && nanos <= MOST_NANOS) return nanos
    context.addIssue({ code: 'custom', message: `must be ${right}` })
    return z.NEVER
  })
}

function whole(least: number, most: number) {
  const right = must(`a whole number from ${least} to ${most}`)
  return z.number(right).int(right).min(least, right).max(most, right)
}

function reason() {
  const right = must('a text of 1 to 500 characters, without control characters')
  return z.string(right).trim().min(1, right).max(500, right).regex(PRINTABLE, right)
}

/** What an operator may do to teams, keys and requests; each act is one audit row, committed with it. */
export function operatorActs(app: Hono, sources: OperatorSources): void {
  const path = operatorPaths(app, sources.operatorToken)
  const { correction, ...of } = bodies
  path('/api/operator/teams/:team/credits', of.credits, (c, body) =>
    addCredits(sources, idIn(c, 'team'), body),
  )
  path('/api/operator/teams/:team/wallet', of.wallet, (c, body) => topUp(sources, idIn(c, 'team'), body))
  path('/api/operator/teams/:team/wallet-overflow', of.overflow, (c, body) =>
    setOverflow(sources, idIn(c, 'team'), body),
  )
  path('/api/operator/teams/:team/members/:member/access', of.access, (c, body) =>
    setAccess(sources, { team: idIn(c, 'team'), member: idIn(c, 'member') }, body),
  )
  path('/api/operator/teams/:team/keys/:key/cap', of.cap, (c, body) =>
    setKeyCap(sources, { team: idIn(c, 'team'), key: keyIn(c) }, body),
  )
  path('/api/operator/keys/:key/revoke', of.nothing, (c) => revoke(sources, keyIn(c)))
  path('/api/operator/corrections', correction, (_, body) => correct(sources, body))
  noOtherOperatorPaths(app)
}

function idIn(c: Context, name: 'team' | 'member'): number {
  const text = c.req.param(name) ?? ''
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text)
  throw new Fault('subject_unknown', `a ${name} is named by its number`)
}

/** The public id, the beginning of a key with it, or the whole key; of that nothing but the public id is ever repeated. */
function keyIn(c: Context): string {
  const [, publicId] =
    /^(?:sk-(?:cp|api)-)?([0-9A-Za-z]{10})(?:[0-9A-Za-z]{38})?$/.exec(c.req.param('key') ?? '') ?? []
  if (publicId !== undefined) return publicId
  throw new Fault('subject_unknown', 'a key is named by its public id, ten letters and digits')
}
