/** 1e-9 USD. Always a safe integer, so sums and comparisons are exact. */
export type Nanos = number

export const NANOS_PER_USD = 1_000_000_000
/** 1 credit = $0.001, so $0.03 costs 30 credits. */
export const NANOS_PER_CREDIT = 1_000_000

const TOKENS_PER_PRICE = 1_000_000
const USD_TEXT = /^(\d+)(?:\.(\d+))?$/

/** Reads a decimal such as `0.375` exactly; a float would already have rounded it. */
export function parseUsd(text: string): Nanos {
  const [, whole, decimals = ''] = USD_TEXT.exec(text) ?? []
  if (whole === undefined) throw new RangeError(`not an amount in USD: ${JSON.stringify(text)}`)
  if (decimals.length > 9) throw new RangeError(`more than 9 decimals: ${text}`)
  return safe(BigInt(whole + decimals.padEnd(9, '0')), text)
}

/** A decimal of a caller's, exactly; undefined for what is none, has too many decimals, or is too large to count. */
export function parseDecimal(text: string, nanosPerOne: number): Nanos | undefined {
  const places = String(nanosPerOne).length - 1
  const [, whole, decimals = ''] = USD_TEXT.exec(text) ?? []
  if (whole === undefined || decimals.length > places) return undefined
  const amount = BigInt(whole + decimals.padEnd(places, '0'))
  return amount > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(amount)
}

/** The price of `tokens` at a price per million, rounded up: the one rounding a charge line has. */
export function priceTokens(tokens: number, nanosPerMillion: Nanos): Nanos {
  return priceUnits(tokens, { nanos: nanosPerMillion, per: TOKENS_PER_PRICE })
}

/** The same for anything sold at so many nanos per so many units: songs by one, characters by a million. */
export function priceUnits(units: number, price: { readonly nanos: Nanos; readonly per: number }): Nanos {
  const { nanos, per } = price
  assertWhole(units, 0)
  assertWhole(nanos, 0)
  assertWhole(per, 1)
  const product = units * nanos
  if (!Number.isSafeInteger(product)) return priceLargeProduct(BigInt(units) * BigInt(nanos), BigInt(per))
  // Exact: below 2^53 a quotient is rounded by less than 1 / per, so never down to a whole number.
  return Math.ceil(product / per)
}

/** `$0.000396`, `$10.00`: as many decimals as needed, two at least. */
export function formatUsd(nanos: Nanos): string {
  const { sign, whole, decimals } = split(nanos, NANOS_PER_USD)
  return `${sign}$${whole}.${decimals.replace(/0+$/, '').padEnd(2, '0')}`
}

/** `3.5`, `5000`: as many decimals as needed. */
export function formatCredits(nanos: Nanos): string {
  const { sign, whole, decimals } = split(nanos, NANOS_PER_CREDIT)
  const shown = decimals.replace(/0+$/, '')
  return shown === '' ? `${sign}${whole}` : `${sign}${whole}.${shown}`
}

function priceLargeProduct(product: bigint, per: bigint): Nanos {
  return safe((product + per - 1n) / per, `${product} nanos per ${per}`)
}

function safe(amount: bigint, source: string): Nanos {
  if (amount > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError(`too large an amount: ${source}`)
  return Number(amount)
}

function assertWhole(amount: number, from: number): void {
  if (!Number.isSafeInteger(amount) || amount < from) throw new RangeError(`not a whole amount: ${amount}`)
}

function split(nanos: Nanos, unit: number): { sign: string; whole: number; decimals: string } {
  if (!Number.isSafeInteger(nanos)) throw new RangeError(`not a whole amount: ${nanos}`)
  const amount = Math.abs(nanos)
  const rest = amount % unit
  return {
    sign: nanos < 0 ? '-' : '',
    whole: (amount - rest) / unit,
    decimals: String(rest).padStart(String(unit).length - 1, '0'),
  }
}
