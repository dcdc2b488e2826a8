import type { JsonObject } from '../json.ts'
import { MediaFault } from '../lab/fault.ts'
import { pause } from '../pace.ts'

export type TaskState = 'Preparing' | 'Queueing' | 'Processing' | 'Success' | 'Fail'

export interface Task {
  readonly id: string
  readonly kind: string
  readonly state: TaskState
  /** What the plan promised; after success also what the work gave. */
  readonly result: JsonObject
  /** Set with `Fail`. */
  readonly fault: MediaFault | undefined
}

export interface Plan {
  readonly kind: string
  /** What is known before the work is done. */
  readonly result?: JsonObject
  /** Success does not come before; 0 where nothing asks for it. */
  readonly leastMs: number
  /** True where a marker asks for a failure. */
  readonly fails: boolean
  /** What such a failure is; a plain 1000 where the plan does not say. */
  readonly refusal?: MediaFault
  /** Calls `begun` when its turn has come, and gives fields of the result. */
  work(begun: () => void): Promise<JsonObject>
  /** Told when the work begins and when it has ended, well or not. */
  turned?(task: Task): void
}

/** Work whose client asks again later. Tasks live in memory and end with the process. */
export interface Tasks {
  start(plan: Plan): Task
  find(kind: string, id: string): Task | undefined
  close(): void
}

type Draft = { -readonly [K in keyof Task]: Task[K] }

const MAX_TASKS = 10_000
const ASKED = new MediaFault(1000, 'the task failed, as the prompt asked')

export function openTasks(mintNumber: () => number): Tasks {
  const tasks = new Map<string, Draft>()
  const closing = new AbortController()
  return {
    start(plan) {
      const id = String(mintNumber())
      const task: Draft = {
        id,
        kind: plan.kind,
        state: 'Preparing',
        result: plan.result ?? {},
        fault: undefined,
      }
      tasks.set(id, task)
      if (tasks.size > MAX_TASKS) forgetOldest(tasks)
      void run(task, plan, closing.signal)
      return task
    },
    find(kind, id) {
      const task = tasks.get(id)
      return task?.kind === kind ? task : undefined
    },
    close: () => closing.abort(),
  }
}

async function run(task: Draft, plan: Plan, closing: AbortSignal): Promise<void> {
  const least = pause(plan.leastMs, closing)
  // A client that asks at once sees that nothing has begun yet.
  await pause(0, closing)
  task.state = 'Queueing'
  try {
    const result = await plan.work(() => turn(task, 'Processing', plan))
    turn(task, 'Processing', plan)
    await least
    if (plan.fails) throw plan.refusal ?? ASKED
    task.result = { ...task.result, ...result }
    turn(task, 'Success', plan)
  } catch (error) {
    task.fault = error instanceof MediaFault ? error : new MediaFault(1000, String(error))
    turn(task, 'Fail', plan)
  }
}

function turn(task: Draft, state: TaskState, plan: Plan): void {
  if (task.state === state) return
  task.state = state
  plan.turned?.({ ...task })
}

/** Of those that are over; what still runs is kept. */
function forgetOldest(tasks: Map<string, Draft>): void {
  for (const [id, { state }] of tasks) {
    if (state !== 'Success' && state !== 'Fail') continue
    tasks.delete(id)
    return
  }
}
