import { FAULTS, type Outcome, simulateClosely } from './simulate.ts'

const USAGE = `tokenplan simulate SEED [--ops N]

Runs the books of this version over a disk that is simulated, with everything going wrong that a seed draws, and proves
them after every step. SEED is a whole number from 0 to 4294967295; N, the number of operations, is 500 unless told.`

const DEFAULT_OPERATIONS = 500
const MOST_OPERATIONS = 100_000

/** `tokenplan simulate`: exit code 1 with the step at which an invariant broke, 2 when it was asked for in no way it knows. */
export async function simulateCommand(args: readonly string[]): Promise<{ text: string; exit: number }> {
  const asked = readArguments(args)
  if (!asked) return { text: USAGE, exit: 2 }
  const outcome = await simulateClosely(asked.seed, asked.operations)
  return { text: textOf(outcome), exit: outcome.failure ? 1 : 0 }
}

function readArguments(args: readonly string[]): { seed: number; operations: number } | null {
  const [seed, flag, operations, ...more] = args
  const knowsFlag = flag === undefined || (flag === '--ops' && operations !== undefined)
  if (!knowsFlag || more.length > 0) return null
  const numbers = [whole(seed, 2 ** 32 - 1), whole(operations ?? String(DEFAULT_OPERATIONS), MOST_OPERATIONS)]
  const [asSeed, asOperations] = numbers
  return asSeed === undefined || !asOperations ? null : { seed: asSeed, operations: asOperations }
}

function whole(text: string | undefined, most: number): number | undefined {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined
  const number = Number(text)
  return number <= most ? number : undefined
}

export function textOf({ seed, steps, operations, counts, failure }: Outcome): string {
  const isFault = (name: string) => (FAULTS as readonly string[]).includes(name)
  const lines = (names: readonly string[]) =>
    names.map((name) => `  ${String(counts.get(name) ?? 0).padStart(6)}  ${name}`)
  const done = [...counts.keys()].filter((name) => !isFault(name)).sort()
  const verdict = failure
    ? `It breaks at step ${failure.step} (${failure.doing}):\n${failure.message}`
    : 'Nothing was lost, doubled or overshot; the books were right after every step.'
  return [
    `Seed ${seed}: ${operations} operations in ${steps} steps`,
    ...['', 'What happened:', ...lines(done)],
    ...['', 'What went wrong on purpose:', ...lines(FAULTS)],
    ...['', verdict],
  ].join('\n')
}
