export type Statement = { readonly sql: string; readonly params: readonly unknown[] }
/** Many rows for one statement, flat: whole numbers only, NaN for null. */
export type Bulk = { readonly sql: string; readonly values: Float64Array }

export type Row = Readonly<Record<string, unknown>>

/** What keeps the rows, SQLite or Postgres. Reads see what is committed; a job is one transaction. */
export type Store = {
  read(sql: string, params?: readonly unknown[]): Promise<Row[]>
  /**
   * Commits everything or nothing, durably, as if jobs ran one after the other. Answers each statement with its rows, or
   * with `[changes]`.
   */
  job(statements: readonly Statement[], bulks?: readonly Bulk[]): Promise<unknown[][]>
  close(): Promise<void>
}

export class StoreFault extends Error {
  override readonly name: string = 'StoreFault'
}
