import { AssertionError } from 'node:assert'
import { type Care, Simulation } from './simulation.ts'

/** Everything that goes wrong on purpose, and what may go wrong by it, by its name among the counts. */
export const FAULTS = [
  'crash',
  'crash while starting',
  'start failed',
  'clock back',
  'clock days ahead',
  'write refused',
  'error after write',
  'unknown, written',
  'unknown, lost',
  'slow disk',
  'read failed',
  'doubled or late end',
  'doubled or late callback',
  'reordered callback',
  'end while a slice is being written',
  'left memory',
] as const

export type Outcome = {
  readonly seed: number
  readonly steps: number
  readonly operations: number
  readonly counts: ReadonlyMap<string, number>
  readonly failure: { readonly step: number; readonly doing: string; readonly message: string } | null
}

/** Enough to notice; a seed that fails is run again with everything proven after each step. */
const COARSE: Care = { compareEvery: 15, proveEvery: 200 }
const FINE: Care = { compareEvery: 1, proveEvery: 1 }

/** The same for the same seed and number, whatever the care. */
export async function simulate(seed: number, operations: number): Promise<Outcome> {
  const outcome = await runWith(seed, operations, COARSE)
  return outcome.failure ? runWith(seed, operations, FINE) : outcome
}

/** Everything after each step. */
export function simulateClosely(seed: number, operations: number): Promise<Outcome> {
  return runWith(seed, operations, FINE)
}

async function runWith(seed: number, operations: number, care: Care): Promise<Outcome> {
  const simulation = new Simulation(seed)
  const outcome = (failure: Outcome['failure']): Outcome => {
    const { step, operations: done, counts } = simulation
    return { seed, steps: step, operations: done, counts, failure }
  }
  try {
    await simulation.run(operations, care)
    return outcome(null)
  } catch (error) {
    const { step, doing } = simulation
    return outcome({ step, doing, message: messageOf(error) })
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const place = error.stack?.split('\n').find((line) => line.trim().startsWith('at ')) ?? ''
  return error instanceof AssertionError ? `${error.message}\n${place}` : (error.stack ?? error.message)
}
