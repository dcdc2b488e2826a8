import { type Turn, textOf } from '../conversation.ts'
import { asList, asObject, asText, type Json, type JsonObject } from '../json.ts'
import type { DeclaredTool } from '../reply.ts'
import type { Ask } from './dialect.ts'
import { BadRequest, checkSampling, inputTokensOf, insistedTool, needModel, readLimit } from './dialect.ts'

/** How a call of this tool must look on the wire. */
export type ToolForm = 'function' | 'custom' | 'local_shell'

export interface ResponsesTool extends DeclaredTool {
  readonly form: ToolForm
  /** Set for tools declared inside a `namespace` tool. */
  readonly namespace: string | undefined
}

export interface ResponsesRequest extends Omit<Ask, 'whole' | 'frames' | 'failure'> {
  readonly body: JsonObject
  readonly tools: ReadonlyMap<string, ResponsesTool>
}

export function readResponses(body: JsonObject): ResponsesRequest {
  const model = needModel(body)
  const turns = readTurns(body.input)
  checkSampling(body)
  if (asText(body.previous_response_id) !== undefined) {
    throw new BadRequest(
      'invalid params, previous_response_id is not supported: nothing is stored, send the whole input',
    )
  }
  const tools = readTools(body.tools)
  const choice = asObject(body.tool_choice)
  const callable = tools.filter((tool) => tool.form === 'function')
  return {
    model,
    stream: body.stream === true,
    limitTokens: readLimit(body, 'max_output_tokens'),
    inputTokens: countResponsesInput(body),
    turns,
    insisted: insistedTool(callable, { any: body.tool_choice === 'required', name: asText(choice?.name) }),
    schema: readSchema(asObject(asObject(body.text)?.format)),
    body,
    tools: new Map(tools.map((tool) => [tool.name, tool])),
  }
}

export function countResponsesInput(body: JsonObject): number {
  return inputTokensOf(body.instructions, body.input, body.tools)
}

function readTurns(input: Json | undefined): Turn[] {
  if (typeof input === 'string' && input !== '') return [{ role: 'user', text: input }]
  const items = asList(input)
  if (items === undefined || items.length === 0) throw new BadRequest('invalid params, input is required')
  return items.flatMap((item) => readItem(asObject(item)))
}

const ROLES: Readonly<Record<string, Turn['role']>> = {
  user: 'user',
  assistant: 'assistant',
  system: 'system',
  developer: 'system',
}

/** Messages and tool outputs; what else a client sends back (reasoning, calls) says nothing new. */
function readItem(item: JsonObject | undefined): Turn[] {
  const type = asText(item?.type) ?? 'message'
  if (type.endsWith('_call_output')) return [{ role: 'tool', text: textOf(item?.output) }]
  if (type !== 'message') return []
  const name = asText(item?.role) ?? ''
  const role = Object.hasOwn(ROLES, name) ? ROLES[name] : undefined
  if (role === undefined) throw new BadRequest(`invalid params, role ${JSON.stringify(name)} is not known`)
  return [{ role, text: textOf(item?.content) }]
}

function readTools(tools: Json | undefined, namespace?: string): ResponsesTool[] {
  return (asList(tools) ?? []).flatMap((item): ResponsesTool[] => {
    const tool = asObject(item)
    const type = asText(tool?.type)
    const name = asText(tool?.name)
    if (type === 'local_shell') return [{ name: type, parameters: undefined, form: type, namespace }]
    if (name === undefined) return []
    if (type === 'namespace') return readTools(tool?.tools, name)
    if (type === 'custom') return [{ name, parameters: undefined, form: type, namespace }]
    return type === 'function' ? [{ name, parameters: tool?.parameters, form: type, namespace }] : []
  })
}

function readSchema(format: JsonObject | undefined): Json | undefined {
  if (format?.type === 'json_object') return {}
  return format?.type === 'json_schema' ? (format.schema ?? {}) : undefined
}
