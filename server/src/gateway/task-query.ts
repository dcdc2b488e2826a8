import { Fault } from '../faults.ts'
import type { Task } from '../tasks/tasks.ts'
import { answerJson } from './answer-json.ts'
import type { Call } from './call.ts'
import { queryOf } from './query.ts'
import { callerOf, type World } from './serve.ts'

const fine = { status_code: 0, status_msg: 'success' }

/** GET /v1/query/video_generation: how a task of the caller's team is. Free. */
export async function serveVideoQuery(call: Call, world: World): Promise<void> {
  const task = await taskIn(call, world, 'video')
  answerJson(call, {
    task_id: String(task.id),
    status: stateOf(task, world),
    file_id: task.state === 'Success' ? String(task.file) : '',
    video_width: task.width ?? 0,
    video_height: task.height ?? 0,
    base_resp: baseOf(task),
  })
}

/** GET /v1/query/t2a_async_query_v2 has two words of its own for how a task ends. */
export async function serveSpeechQuery(call: Call, world: World): Promise<void> {
  const task = await taskIn(call, world, 'speech')
  const words: Readonly<Record<string, string>> = { Success: 'Success', Fail: 'Failed' }
  answerJson(call, {
    task_id: task.id,
    status: words[task.state] ?? 'Processing',
    file_id: task.file ?? 0,
    base_resp: baseOf(task),
  })
}

async function taskIn(call: Call, world: World, kind: Task['kind']): Promise<Task> {
  const caller = await callerOf(call, world.keyring)
  const text = queryOf(call).get('task_id') ?? ''
  if (!/^\d{1,16}$/.test(text)) throw new Fault('param_invalid', 'task_id: must be the number of a task')
  const id = Number(text)
  const task = Number.isSafeInteger(id) ? await world.tasks.find(id, caller.team) : undefined
  if (task?.kind === kind) return task
  throw new Fault('task_unknown', text)
}

function stateOf(task: Task, world: World): string {
  return task.ended_at === null ? (world.poller.stateOf(task.id) ?? task.state) : task.state
}

/** mmx waits on after a plain `Fail`; a code that is not 0 tells it at once. */
function baseOf(task: Task) {
  return task.state === 'Fail' ? { status_code: task.code, status_msg: task.message } : fine
}
