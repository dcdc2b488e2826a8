/**
 * What may be bound to a statement, and how. `libsql` aborts the whole process on a boolean or a lone Buffer, stores
 * every JavaScript number as REAL and ignores parameters beyond the placeholders (seen with 0.5.29), so nothing
 * reaches it but through here.
 */
export type Bindable = string | number | bigint | boolean | null | undefined | Uint8Array

export class BindFault extends Error {
  override readonly name = 'BindFault'
}

const MOST = BigInt(Number.MAX_SAFE_INTEGER)

export type Bound = string | number | bigint | null | Buffer

export function bind(sql: string, params: readonly unknown[], expected = placeholders(sql)): Bound[] {
  if (params.length !== expected) {
    throw new BindFault(`${expected} parameters expected, ${params.length} given: ${sql}`)
  }
  return params.map(bindOne)
}

export function bindOne(value: unknown): Bound {
  switch (typeof value) {
    case 'string':
      // Read back, a text would end there.
      if (value.includes('\0')) throw new BindFault('cannot bind a text with a NUL character')
      return value
    case 'bigint':
      // Read back, it would be another number.
      if (value > MOST || value < -MOST) throw new BindFault(`cannot bind the number ${value}`)
      return value
    case 'number':
      return bindNumber(value)
    case 'boolean':
      return value ? 1n : 0n
    case 'undefined':
      return null
    default:
      if (value === null) return null
      if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
      throw new BindFault(`cannot bind ${Object.prototype.toString.call(value)}`)
  }
}

/** Integers go as BigInt so that they are stored as INTEGER; NaN and infinities are never meant. */
function bindNumber(value: number): number | bigint {
  if (Number.isSafeInteger(value)) return BigInt(value)
  if (!Number.isFinite(value) || Number.isInteger(value))
    throw new BindFault(`cannot bind the number ${value}`)
  return value
}

const counted = new Map<string, number>()

const QUOTED = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g

/** Question marks outside quotes and comments; our statements use no numbered parameters. */
export function placeholders(sql: string): number {
  const known = counted.get(sql)
  if (known !== undefined) return known
  const count = sql.replace(QUOTED, '').split('?').length - 1
  if (counted.size > 1000) counted.clear()
  counted.set(sql, count)
  return count
}
