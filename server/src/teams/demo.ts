import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Book } from '../book/book.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { type Ids, randomBase62 } from '../ids.ts'
import { hashPassword } from '../keys/password.ts'
import { mintSecret } from '../keys/secret.ts'
import { insertSecret } from '../keys/statements.ts'
import { NANOS_PER_CREDIT, NANOS_PER_USD } from '../money.ts'
import { queriesOver } from '../store/kysely.ts'
import type { Store } from '../store/sqlite.ts'
import { addLot, assignSeat, foundTeam, openSubscription, topUpWallet } from './found.ts'

/** What `<data>/demo.json`, or where other books have that, `demo-<team>.json` holds (0600), so that scripts and tests find their way (design §2). */
export type Demo = {
  readonly url: string
  readonly email: string
  readonly password: string
  readonly teamId: string
  readonly tokenPlanKey: string
  readonly apiKey: string
  readonly operatorToken: string
}

const DEMO_CREDITS = 50_000
const DEMO_WALLET_USD = 10

type Place = {
  readonly ids: Ids
  readonly pepper: Buffer
  readonly operatorToken: string
  readonly url: string
  readonly store: Pick<Store, 'read'>
  readonly folder: string
}

/** `keys` is null where no file of the folder has them. */
export type KeptDemo = { readonly keys: Demo | null; readonly isNew: boolean; readonly file: string }

/** Makes the demo in an empty store; later starts keep it and only note the URL of today. */
export async function keepDemo(book: Book, catalogue: Catalogue, place: Place): Promise<KeptDemo> {
  const { folder, operatorToken, store, url } = place
  const usual = path.join(folder, 'demo.json')
  const isNew = !(await queriesOver(store).selectFrom('team').select('id').limit(1).executeTakeFirst())
  const known = isNew ? newFile(await openDemo(book, catalogue, place), usual) : await findDemo(place)
  if (!known) return { keys: null, isNew, file: usual }
  const keys = { ...known.keys, url, operatorToken }
  writeDemo(known.file, keys)
  return { keys, isNew, file: known.file }
}

type Found = { readonly file: string; readonly keys: Demo }

/** The keys of other books are nowhere else, so their file stays what it is. */
function newFile(keys: Demo, usual: string): Found {
  const isOfOthers = readDemo(usual) !== null
  return { keys, file: isOfOthers ? usual.replace('.json', `-${keys.teamId}.json`) : usual }
}

/** A folder may have the keys of several books (SQLite, databases): those are meant whose team is in this store. */
async function findDemo({ folder, store }: Place): Promise<Found | null> {
  for (const name of readdirSync(folder)
    .filter((each) => /^demo(-\d+)?\.json$/.test(each))
    .sort()) {
    const file = path.join(folder, name)
    const keys = readDemo(file)
    if (!keys) continue
    const team = queriesOver(store).selectFrom('team').select('id').where('id', '=', Number(keys.teamId))
    if (await team.executeTakeFirst()) return { file, keys }
  }
  return null
}

function readDemo(file: string): Demo | null {
  try {
    const demo = JSON.parse(readFileSync(file, 'utf8')) as Partial<Demo> | null
    const whole = [demo?.tokenPlanKey, demo?.apiKey].every((text) => typeof text === 'string')
    return whole && /^\d{1,16}$/.test(String(demo?.teamId)) ? (demo as Demo) : null
  } catch {
    // Deleted or broken: keys are stored as an HMAC alone, so they cannot be told again.
    return null
  }
}

/** Written beside and renamed, so that a reader never sees half of it. */
function writeDemo(file: string, demo: Demo): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

/** Operator, team, Max seat without an end, credits and a wallet: everything the first `npm start` shows. */
async function openDemo(book: Book, catalogue: Catalogue, place: Place): Promise<Demo> {
  const { ids, pepper } = place
  const at = book.now()
  const plan = catalogue.plans.get('max') ?? [...catalogue.plans.values()].at(-1)
  if (!plan) throw new Error('the catalogue sells no plan, so there is no demo to make')

  const email = 'demo@tokenplan.local'
  const password = randomBase62(16)
  const founded = foundTeam(ids, { email, passwordHash: hashPassword(password) }, 'Demo', at)
  const { team, member } = founded
  const sold = openSubscription(ids, catalogue, plan, { team, at, endsAt: null })
  const expiresAt = at + catalogue.credits.lotLifetimeMs
  const lot = addLot(ids, { team, nanos: DEMO_CREDITS * NANOS_PER_CREDIT, at, expiresAt }, 'granted')
  const wallet = topUpWallet(ids, {
    team,
    wallet: founded.wallet,
    nanos: DEMO_WALLET_USD * NANOS_PER_USD,
    at,
  })
  const tokenPlanKey = mintSecret('plan', pepper)
  const apiKey = mintSecret('api', pepper)

  await book.command(
    [lot.op, wallet],
    [
      ...founded.statements,
      ...sold.statements,
      assignSeat(sold.subscription, team, member, at),
      ...lot.statements,
      insertSecret(tokenPlanKey, { id: ids.next(), team, member, name: 'demo' }, at),
      insertSecret(apiKey, { id: ids.next(), team, member, name: 'demo' }, at),
    ],
  )
  return {
    url: place.url,
    email,
    password,
    teamId: String(team),
    tokenPlanKey: tokenPlanKey.secret,
    apiKey: apiKey.secret,
    operatorToken: place.operatorToken,
  }
}
