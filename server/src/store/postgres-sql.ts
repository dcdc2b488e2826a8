import { type Bound, bind, bindOne } from './bind.ts'
import type { Bulk, Statement } from './store.ts'

/** A statement as Postgres takes it. With a name it is parsed once for each connection. */
export type Prepared = {
  readonly name: string | undefined
  readonly text: string
  readonly values: (Bound | string)[]
}

/** The same guard as for SQLite: what one store takes the other takes. */
export function prepare({ sql, params }: Statement): Prepared {
  const { name, text, count } = numbered(sql)
  return { name, text, values: bind(sql, params, count) }
}

/** Takes lists of whole numbers as well, for `= any(?::bigint[])` and `unnest(?::bigint[])`. */
export function prepareWithLists({ sql, params }: Statement): Prepared {
  const { name, text, count } = numbered(sql)
  const isList = params.map((param) => param instanceof Float64Array)
  const values = bind(
    sql,
    params.map((param, at) => (isList[at] ? null : param)),
    count,
  )
  return {
    name,
    text,
    values: values.map((value, at) => (isList[at] ? listOf(params[at] as Float64Array, 0, 1) : value)),
  }
}

/** An insert of any number of rows is one statement with one list for each column; anything else runs for each row. */
export function prepareBulk({ sql, values }: Bulk): Prepared[] {
  const { name, text, count } = numbered(sql)
  if (count === 0 || values.length % count !== 0) throw new Error(`uneven rows for: ${sql}`)
  if (values.length === 0) return []
  const insert = insertOfLists(sql)
  if (insert) {
    const lists = Array.from({ length: count }, (_, column) => listOf(values, column, count))
    return [{ ...numbered(insert), values: lists }]
  }
  return Array.from({ length: values.length / count }, (_, row) => ({
    name,
    text,
    values: Array.from(values.subarray(row * count, (row + 1) * count), wholeOrNull),
  }))
}

/** Every `step`th number from `start` on, as Postgres writes a list. */
function listOf(values: Float64Array, start: number, step: number): string {
  let list = ''
  for (let at = start; at < values.length; at += step)
    list += `${list ? ',' : ''}${wholeOrNull(values[at] ?? Number.NaN) ?? 'null'}`
  return `{${list}}`
}

function wholeOrNull(value: number): bigint | null {
  if (Number.isNaN(value)) return null
  const bound = bindOne(value)
  if (typeof bound !== 'bigint') throw new Error(`a bulk holds whole numbers, not ${value}`)
  return bound
}

const INSERT = /^(insert into \w+(?: \([\w, ]+\))?) values \(((?:\?, ?)*\?)\)$/

/** Undefined for a statement that is no plain insert. */
function insertOfLists(sql: string): string | undefined {
  const [, head, tuple = ''] = INSERT.exec(sql) ?? []
  return head && `${head} select * from unnest(${tuple.replaceAll('?', '?::bigint[]')})`
}

type Numbered = { readonly name: string | undefined; readonly text: string; readonly count: number }

const known = new Map<string, Numbered>()
/** Lists build their SQL from filters, so the statements that a connection keeps parsed are bounded here. */
const MOST_NAMED = 500

/** A question mark, or what may hold one that is none: texts, names, comments, bodies of functions. */
const MARK = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|\$(\w*)\$[\s\S]*?\$\1\$|(\?)/g

/** `?` becomes `$1`, `$2`, … */
export function numbered(sql: string): Numbered {
  const before = known.get(sql)
  if (before) return before
  let count = 0
  const text = sql.replace(MARK, (found, _tag, mark) => (mark ? `$${++count}` : found))
  const fresh = { name: known.size < MOST_NAMED ? `s${known.size}` : undefined, text, count }
  if (fresh.name) known.set(sql, fresh)
  return fresh
}
