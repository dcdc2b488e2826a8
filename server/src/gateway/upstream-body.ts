import { type Dialect, limitFields } from '../modalities/dialect.ts'
import { type Edit, setField, splice } from '../modalities/splice.ts'
import { heldOutput } from '../modalities/text-price.ts'
import type { TextRequest } from '../modalities/text-request.ts'
import type { Target } from '../upstreams/upstreams.ts'

type How = { readonly dialect: Dialect; readonly asked: string; readonly paidByMoney: boolean }

/**
 * The body for an upstream: the caller's bytes with its model's name, and where money pays with the output limited to
 * what is held and usage asked for. Bodies that the plan pays are not touched for money.
 */
export function editsFor(
  chunks: readonly Buffer[],
  request: TextRequest,
  target: Target,
  how: How,
): readonly Buffer[] {
  const edits: Edit[] = []
  if (target.model !== how.asked) edits.push(setField(request.scan, 'model', JSON.stringify(target.model)))
  if (how.paidByMoney) edits.push(...moneyEdits(request, target, how.dialect))
  return edits.length === 0 ? chunks : splice(chunks, edits)
}

function moneyEdits(request: TextRequest, target: Target, dialect: Dialect): Edit[] {
  // What is held for a stream grows with it: its limit stays the caller's own.
  if (!request.stream) return limitEdits(request, target, dialect)
  const asks = dialect === 'openai-chat' && !target.upstream.adapter.alwaysReportsUsage
  return asks ? [askForUsage(request)] : []
}

function limitEdits(request: TextRequest, target: Target, dialect: Dialect): Edit[] {
  const held = heldOutput(request)
  const fields = limitFields[dialect]
  const given = fields.filter((name) => request.scan.fields.get(name)?.kind === 'number')
  const lowered = given.filter((name) => Number(request.scan.fields.get(name)?.raw) > held)
  // Without a limit one is put in; engines of the OpenAI kind know `max_tokens` best, MiniMax the newer name.
  const added =
    given.length > 0 ? [] : [dialect === 'openai-chat' && !known(target) ? 'max_tokens' : fields[0]]
  return [...lowered, ...added].map((name) => setField(request.scan, name, String(held)))
}

function known(target: Target): boolean {
  return target.upstream.adapter.kind === 'minimax'
}

function askForUsage(request: TextRequest): Edit {
  const merged = { ...streamOptions(request), include_usage: true }
  return setField(request.scan, 'stream_options', JSON.stringify(merged))
}

/** The caller itself wants to be told what a stream of chat completions used. */
export function wantsUsage(request: TextRequest): boolean {
  return streamOptions(request).include_usage === true
}

function streamOptions(request: TextRequest): { readonly include_usage?: unknown } {
  const raw = request.scan.fields.get('stream_options')?.raw
  try {
    const options: unknown = JSON.parse(raw ?? '{}')
    return typeof options === 'object' && options !== null ? options : {}
  } catch {
    // Too long or broken: replaced, it only ever held a flag or two.
    return {}
  }
}
