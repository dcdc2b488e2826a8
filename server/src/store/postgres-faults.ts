import pg from 'pg'
import { StoreFault } from './store.ts'

/** Nobody can say whether the transaction was written: the connection was lost while it was being committed. */
export class OutcomeUnknown extends StoreFault {
  override readonly name = 'OutcomeUnknown'
}

/** `where` names the database without its password. */
export function faultOf(error: unknown, where: string): StoreFault {
  if (error instanceof StoreFault) return error
  return new StoreFault(sentenceOf(error, where), { cause: error })
}

function sentenceOf(error: unknown, where: string): string {
  const { message, code } = firstOf(error)
  switch (code) {
    case '28P01':
    case '28000':
      return `the database ${where} does not let this server in: ${message}`
    case '3D000':
      return `the database server has no such database: ${message}`
    case '42501':
      return `the user of the database ${where} lacks a right: ${message}`
    case '53300':
      return `the database ${where} has no connection free: ${message}`
    case '57014':
    case '55P03':
    case '25P03':
      return `the database ${where} took too long: ${message}`
  }
  if (error instanceof pg.DatabaseError && !isLost(error)) return message
  return `the database ${where} cannot be reached: ${message}`
}

/** The first of several addresses that were tried; Node's own sentence about them is empty. */
function firstOf(error: unknown): { readonly message: string; readonly code?: unknown } {
  if (error instanceof AggregateError && error.errors.length > 0) return firstOf(error.errors[0])
  if (error instanceof Error) return error
  return { message: String(error) }
}

/** The connection is gone, or the server is on its way down or up. A fault of ours is none of the connection's. */
export function isLost(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return error instanceof Error && !(error instanceof StoreFault)
  return /^(08|57P)/.test(error.code ?? '')
}

/** A row that the database refuses: the same again is refused again. */
export function isOfStatement(error: unknown): boolean {
  const { cause } = error instanceof StoreFault ? error : { cause: error }
  return cause instanceof pg.DatabaseError && /^(22|23|P0)/.test(cause.code ?? '')
}

/**
 * Nothing was written, and the same again may well pass: two transactions were in each other's way, or another server has
 * changed a table for which this connection had a plan.
 */
export function isPassing(error: unknown): boolean {
  const { cause } = error instanceof StoreFault ? error : { cause: error }
  if (!(cause instanceof pg.DatabaseError)) return false
  return ['40001', '40P01'].includes(cause.code ?? '') || /cached plan must not change/.test(cause.message)
}
