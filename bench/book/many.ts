// Makes a database with very many requests in the last five hours, or very many subscribers, by SQL alone.
import { migrate } from '../../server/src/store/migrate.ts'
import { openSqlite } from '../../server/src/store/sqlite.ts'
import { openOperatorAccounts } from '../../server/src/teams/found.ts'
import { fiveHours, maxPlan, say, textPlan, told, WINDOW_MS } from './subjects.ts'

/** The first one has `full` of the requests, the others share the rest. */
const { file, subscriptions, requests, full, catalogues } = told<{
  file: string
  subscriptions: number
  requests: number
  full: number
  /** Where the catalogue lies, for subscribers of its Max plan. */
  catalogues?: string
}>()
const FIRST = 1_000_000
const FIRST_REQUEST = 1_000_000_000
const EACH = 10
const LIMIT = 100_000
/** About one request in a hundred gave its unit back. */
const FAILED = 'id % 97 = 0'
/** The newest request is a minute old, and the load has not ended before the oldest comes back. */
const newestAt = Date.now() - 60_000
const spanMs = WINDOW_MS - 15 * 60_000
const plan = JSON.stringify(catalogues ? maxPlan(catalogues) : textPlan(fiveHours(LIMIT)))

const numbers = (count: number) =>
  `with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < ${count})`
const id = (of: number, i = 'i') => `${FIRST} + ${i} * ${EACH} + ${of}`
const subscribers = numbers(subscriptions)
const every = requests > 0 ? Math.max(1, Math.floor(requests / Math.max(1, full))) : 1
const owner = `case when i % ${every} = 0 and i / ${every} < ${full} then 0 else 1 + i % ${Math.max(1, subscriptions - 1)} end`

const store = await openSqlite(file)
await migrate(store)
const began = performance.now()
await store.job([
  ...openOperatorAccounts(),
  { sql: `insert into label values (1, 'text'), (2, 'model')`, params: [] },
  {
    sql: `insert into team (id, name, is_default, created_at) ${subscribers} select ${id(0)}, 't', 1, 1 from n`,
    params: [],
  },
  {
    sql: `insert into member (id, team, person, role, credits_access, overflow, joined_at)
      ${subscribers} select ${id(1)}, ${id(0)}, ${id(2)}, 'owner', 1, 1, 1 from n`,
    params: [],
  },
  { sql: `insert into account ${subscribers} select ${id(3)}, 'wallet', ${id(0)}, 0 from n`, params: [] },
  {
    sql: `insert into subscription ${subscribers}
      select ${id(4)}, ${id(0)}, 'max', 'Max', 'bench', 1, 0, 'month', ?, 1, null from n`,
    params: [plan],
  },
])
if (requests > 0) {
  await store.job([
    {
      sql: `insert into hold ${numbers(requests)}
        select ${FIRST_REQUEST} + i, ${newestAt - spanMs} + i * ${spanMs} / ${requests}, ${id(0, `(${owner})`)},
          ${id(1, `(${owner})`)}, ${id(5, `(${owner})`)}, ${id(4, `(${owner})`)}, 1, 2, 1, 0, ${LIMIT}, ${WINDOW_MS},
          0, 1, 1, 1 from n`,
      params: [],
    },
    {
      sql: `insert into hold_end select id, at + 700, case when ${FAILED} then 2 else 1 end,
        case when ${FAILED} then 0 else 1 end, 0, 0, 100, 200, 0, 0, 0, case when ${FAILED} then 0 else 1 end from hold`,
      params: [],
    },
    {
      sql: `insert into given_back select subscription, at + 700, id, at, resource, units from hold where ${FAILED}`,
      params: [],
    },
    {
      sql: `insert into setting select 'swept', cast(max(id) - 1000 as text) from hold`,
      params: [],
    },
  ])
}
await store.close()
say({ ms: performance.now() - began })
