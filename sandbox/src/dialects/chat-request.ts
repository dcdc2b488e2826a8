import { type Turn, textOf } from '../conversation.ts'
import { asList, asObject, asText, type Json, type JsonObject } from '../json.ts'
import type { DeclaredTool } from '../reply.ts'
import type { Ask } from './dialect.ts'
import { BadRequest, checkSampling, inputTokensOf, insistedTool, needModel, readLimit } from './dialect.ts'

export interface ChatOptions {
  /** MiniMax's switch: reasoning in fields of its own instead of `<think>` in the content. */
  readonly reasoningSplit: boolean
  readonly includeUsage: boolean
}

export type ChatRequest = Omit<Ask, 'whole' | 'frames' | 'failure'> & ChatOptions

/** The body that /v1/chat/completions and chatcompletion_v2 share. */
export function readChat(body: JsonObject): ChatRequest {
  const model = needModel(body)
  const turns = readTurns(body)
  checkSampling(body)
  if (typeof body.n === 'number' && body.n !== 1) throw new BadRequest('invalid params, n must be 1')
  const choice = asObject(body.tool_choice)
  const insisted = { any: body.tool_choice === 'required', name: asText(asObject(choice?.function)?.name) }
  return {
    model,
    stream: body.stream === true,
    limitTokens: readLimit(body, 'max_completion_tokens', 'max_tokens'),
    inputTokens: inputTokensOf(body.messages, body.tools),
    turns,
    insisted: insistedTool(readTools(body.tools), insisted),
    schema: readSchema(asObject(body.response_format)),
    reasoningSplit: body.reasoning_split === true,
    includeUsage: asObject(body.stream_options)?.include_usage === true,
  }
}

const ROLES: Readonly<Record<string, Turn['role']>> = {
  system: 'system',
  developer: 'system',
  user_system: 'system',
  group: 'system',
  sample_message_user: 'system',
  sample_message_ai: 'system',
  user: 'user',
  assistant: 'assistant',
  tool: 'tool',
}

function readTurns(body: JsonObject): Turn[] {
  const messages = asList(body.messages)
  if (messages === undefined || messages.length === 0)
    throw new BadRequest('invalid params, messages is required')
  return messages.map((item) => {
    const message = asObject(item)
    const name = asText(message?.role) ?? ''
    const role = Object.hasOwn(ROLES, name) ? ROLES[name] : undefined
    if (role === undefined) throw new BadRequest(`invalid params, role ${JSON.stringify(name)} is not known`)
    return { role, text: textOf(message?.content) }
  })
}

/** Function tools; MiniMax takes Anthropic's shape here too. */
function readTools(tools: Json | undefined): DeclaredTool[] {
  return (asList(tools) ?? []).flatMap((item) => {
    const tool = asObject(item)
    const declared = asObject(tool?.function) ?? tool
    const name = asText(declared?.name)
    return name === undefined ? [] : [{ name, parameters: declared?.parameters ?? declared?.input_schema }]
  })
}

function readSchema(format: JsonObject | undefined): Json | undefined {
  if (format?.type === 'json_object') return {}
  return format?.type === 'json_schema' ? (asObject(format.json_schema)?.schema ?? {}) : undefined
}
