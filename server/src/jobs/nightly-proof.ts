import type { Proof } from '../book/verify.ts'

/** 03:00 UTC: any hour will do in which little is asked of the database. */
const HOUR_MS = 3_600_000
const PROOF_HOUR = 3
const DAY_MS = 24 * HOUR_MS

type Night = {
  readonly realNow: () => number
  /** Of several servers over one database one proves. */
  readonly isMine: () => boolean
  readonly prove: () => Promise<Proof>
  readonly report: (where: string, error: unknown) => void
}

export function msUntilProof(now: number): number {
  const sinceMidnight = now % DAY_MS
  const due = PROOF_HOUR * HOUR_MS
  return sinceMidnight < due ? due - sinceMidnight : due + DAY_MS - sinceMidnight
}

/** Proves the books every night and says what does not agree; silent when everything does. */
export function startNightlyProof(night: Night): { stop(): void; run(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined
  const run = async () => {
    if (!night.isMine()) return
    const { checks } = await night.prove()
    for (const { ok, name, differences, detail } of checks) {
      if (!ok) night.report('verify', new Error(`WRONG ${name}: ${differences} difference(s), ${detail}`))
    }
  }
  const wait = () => {
    timer = setTimeout(() => {
      run().catch((error) => night.report('verify', error))
      wait()
    }, msUntilProof(night.realNow()))
    timer.unref()
  }
  wait()
  return { run, stop: () => clearTimeout(timer) }
}
