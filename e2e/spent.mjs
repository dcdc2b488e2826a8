// What a step cost: units as `remains` names them, money as `credits` and `wallet` in nanos. What is 0 is left out.
const NANOS_PER_USD = 1_000_000_000
const NANOS_PER_CREDIT = 1_000_000
export const TEXT = 'MiniMax-M*'

export const usd = (amount) => ({ wallet: Math.round(amount * NANOS_PER_USD) })
export const credits = (amount) => ({ credits: amount * NANOS_PER_CREDIT })

/** What a step may say instead: a bare number of text units. */
export function costOf({ units = 0, cost = { [TEXT]: units } }) {
  return onlySome(cost)
}

/** Asked of the server itself, as its own clients and its console do. Money counts down, so it is negative here. */
export async function spentSoFar({ origin, key, apiKey }) {
  const { model_remains } = await ask(`${origin}/v1/token_plan/remains`, key)
  const used = model_remains.map((one) => [one.model_name, one.current_interval_usage_count])
  const plan = await ask(`${origin}/api/own-quota`, key)
  const api = await ask(`${origin}/api/own-quota`, apiKey)
  return {
    ...Object.fromEntries(used),
    credits: -plan.credits.balanceNanos,
    wallet: -api.wallet.balanceNanos,
  }
}

async function ask(url, key) {
  const answer = await fetch(url, { headers: { authorization: `Bearer ${key}` } })
  return answer.json()
}

export function between(before, after) {
  const names = Object.keys({ ...before, ...after })
  return onlySome(Object.fromEntries(names.map((name) => [name, (after[name] ?? 0) - (before[name] ?? 0)])))
}

export function sumOf(costs) {
  const sum = {}
  for (const cost of costs)
    for (const [name, amount] of Object.entries(cost)) sum[name] = (sum[name] ?? 0) + amount
  return onlySome(sum)
}

export function isSame(one, other) {
  return shown(one) === shown(other)
}

export function shown(cost) {
  const texts = Object.entries(cost).map(([name, amount]) => {
    if (name === 'wallet') return `$${amount / NANOS_PER_USD}`
    if (name === 'credits') return `${amount / NANOS_PER_CREDIT} credits`
    return `${amount} ${name === TEXT ? 'text' : name}`
  })
  return texts.toSorted().join(', ') || '0'
}

function onlySome(cost) {
  return Object.fromEntries(Object.entries(cost).filter(([, amount]) => amount !== 0))
}
