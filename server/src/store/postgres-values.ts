import { StoreFault } from './store.ts'

/** What Postgres sends, in the shapes that SQLite's rows have. By the ids of types, which never change. */
const READERS: Readonly<Record<number, (text: string) => unknown>> = {
  16: (text) => (text === 't' ? 1 : 0),
  17: (text) => Uint8Array.from(Buffer.from(text.slice(2), 'hex')).buffer,
  20: safe,
  21: Number,
  23: Number,
  700: Number,
  701: Number,
  /** What `sum` of whole numbers makes. */
  1700: (text) => (text.includes('.') ? Number(text) : safe(text)),
}

export function readerOf(type: number): (text: string) => unknown {
  return READERS[type] ?? String
}

function safe(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new StoreFault(`the number ${text} is too large to be read exactly`)
  return value
}
