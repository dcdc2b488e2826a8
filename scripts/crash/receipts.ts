import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { idText } from '../../server/src/ids.ts'
import type { Running } from '../../server/test/crash/cycle.ts'
import type { Team } from './found-one.ts'
import type { Answered } from './load.ts'

/** Every answered call has a receipt, signed and with what it cost, for the key of the member who made it. */

const CONNECTIONS = 16

type Receipt = {
  readonly receipt: {
    readonly id: string
    readonly status: string
    readonly units: { readonly paid_by_plan: number | null }
    readonly money: { readonly charged: { readonly nanos: number } | null }
  }
  readonly signature: { readonly algorithm: string; readonly value: string }
}

export async function checkReceipts(
  { port }: Running,
  team: Team,
  answered: readonly Answered[],
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const left = [...answered]
  const works = Array.from({ length: CONNECTIONS }, async () => {
    for (let one = left.pop(); one; one = left.pop())
      checkOne(one, await receiptOf(port, agent, team, one.id))
  })
  await Promise.all(works)
  agent.destroy()
}

function checkOne({ id, kind, isMade, pool, units, nanos }: Answered, { receipt, signature }: Receipt): void {
  const says = `${kind}, call ${id}: ${JSON.stringify(receipt)}`
  assert.equal(receipt.id, idText(id), says)
  assert.ok(signature.algorithm === 'Ed25519' && signature.value.length > 80, says)
  // How a film ends is looked at when all of them have; a failure may be kept as a crash where the plan pays (check.ts).
  if (kind === 'film' || !isMade) return
  const byPlan = pool === 'plan'
  assert.deepEqual(
    [receipt.status, receipt.units.paid_by_plan, receipt.money.charged?.nanos],
    ['ended', byPlan ? units : 0, byPlan ? 0 : nanos],
    says,
  )
}

/** Of the request id, the digits that are kept. */
function receiptOf(port: number, agent: Agent, { planKey }: Team, id: number): Promise<Receipt> {
  return new Promise((resolve, reject) => {
    const path = `/v1/token_plan/receipts/${idText(id)}`
    const headers = { authorization: `Bearer ${planKey}` }
    const sent = request({ port, host: '127.0.0.1', agent, path, headers }, (res) => {
      let text = ''
      res.on('data', (part) => {
        text += part
      })
      res.once('error', reject)
      res.once('end', () => {
        if (res.statusCode === 200) resolve(JSON.parse(text) as Receipt)
        else reject(new Error(`call ${id} has no receipt: ${res.statusCode} ${text}`))
      })
    })
    sent.once('error', reject)
    sent.end()
  })
}
