import { asList, asObject, asText, type JsonObject } from '../json.ts'
import type { ToolCall } from '../reply.ts'
import type { ResponsesTool, ToolForm } from './responses-request.ts'

/** The items of an answer's `output`, as they stand when they are done. */
export function reasoningItem(id: string, text: string, encrypted: string | undefined): JsonObject {
  return {
    id,
    type: 'reasoning',
    summary: [{ type: 'summary_text', text }],
    ...(encrypted === undefined ? {} : { encrypted_content: encrypted }),
  }
}

export function messageItem(id: string, text: string, status: 'completed' | 'incomplete'): JsonObject {
  return { id, type: 'message', status, role: 'assistant', content: [textPart(text)] }
}

export function textPart(text: string): JsonObject {
  return { type: 'output_text', annotations: [], logprobs: [], text }
}

/** A call in the form its tool was declared in. */
export interface CallItem {
  readonly form: ToolForm
  readonly id: string
  /** What streams: the arguments, or the free text of a custom tool. */
  readonly input: string
  item(status: 'in_progress' | 'completed', input: string): JsonObject
}

const ID_PREFIXES: Readonly<Record<ToolForm, string>> = {
  function: 'fc_',
  custom: 'ctc_',
  local_shell: 'lsh_',
}

export function callItem(
  call: ToolCall,
  tool: ResponsesTool | undefined,
  ids: { id: string; callId: string },
): CallItem {
  const form = tool?.form ?? 'function'
  const id = ID_PREFIXES[form] + ids.id
  const base = { id, call_id: ids.callId }
  if (form === 'local_shell') {
    const action = shellAction(call.args)
    return { form, id, input: '', item: (status) => ({ ...base, type: 'local_shell_call', status, action }) }
  }
  const named = {
    ...base,
    name: call.name,
    ...(tool?.namespace === undefined ? {} : { namespace: tool.namespace }),
  }
  if (form === 'custom') {
    const text = asText(call.args.input) ?? call.json
    return {
      form,
      id,
      input: text,
      item: (status, input) => ({ ...named, type: 'custom_tool_call', status, input }),
    }
  }
  return {
    form,
    id,
    input: call.json,
    item: (status, input) => ({ ...named, type: 'function_call', status, arguments: input }),
  }
}

function shellAction(args: JsonObject): JsonObject {
  const command = asList(args.command) ?? [asText(args.command) ?? 'true']
  return {
    type: 'exec',
    command: command.map(String),
    env: asObject(args.env) ?? {},
    timeout_ms: typeof args.timeout_ms === 'number' ? args.timeout_ms : null,
    working_directory: asText(args.workdir) ?? asText(args.working_directory) ?? null,
    user: null,
  }
}
