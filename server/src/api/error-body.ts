import { type Fault, faults, publicSentence } from '../faults.ts'

/** How paths beside the gateway say no; there is no dialect to follow. `hint` in place of the table's. */
export function errorBody(fault: Fault, hint?: string) {
  const { kind } = fault
  return { error: { code: kind, message: publicSentence(fault, hint), status: faults[kind].status } }
}
