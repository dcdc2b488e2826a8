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
  if (!request.stream) return limitEdits(request, target, dialect)
  // What is held for a stream grows with it: its limit stays the caller's own, of two the smaller in both places.
  const lowered = lowerTo(request.outputLimit ?? Number.POSITIVE_INFINITY, request, dialect)
  const asks = dialect === 'openai-chat' && !target.upstream.adapter.alwaysReportsUsage
  return asks ? [...lowered, askForUsage(request)] : lowered
}

function lowerTo(limit: number, { scan }: TextRequest, dialect: Dialect): Edit[] {
  return limitFields[dialect]
    .filter((name) => {
      const field = scan.fields.get(name)
      return field?.kind === 'number' && Number(field.raw) > limit
    })
    .map((name) => setField(scan, name, String(limit)))
}

function limitEdits(request: TextRequest, target: Target, dialect: Dialect): Edit[] {
  const held = heldOutput(request)
  if (request.outputLimit !== null) return lowerTo(held, request, dialect)
  // Without a limit one is put in; engines of the OpenAI kind know `max_tokens` best, MiniMax the newer name.
  const added = dialect === 'openai-chat' && !known(target) ? 'max_tokens' : limitFields[dialect][0]
  return [setField(request.scan, added, String(held))]
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
