import { Fault } from '../faults.ts'
import { isObject, type JsonObject, objectIn, textIn } from '../modalities/media-request.ts'
import type { Collected } from '../upstreams/collect.ts'
import type { Call } from './call.ts'
import { type ReadAnswer, readCollected, refusalFault } from './upstream-refusal.ts'

/** A stream of sound that was heard to its end, as `{ events: { 0: …, 1: … } }`, or why there is none. */
export function readEvents(collected: Exclude<Collected, { kind: 'aborted' }>): ReadAnswer {
  if (collected.kind === 'failed' || !collected.head.contentType.startsWith('text/event-stream'))
    return readCollected(collected)
  const { head, chunks } = collected
  const bytes = Buffer.concat(chunks)
  const events = bytes.toString().split('\n').map(eventIn).filter(isObject)
  const code = events.map((event) => Number(objectIn(event, 'base_resp').status_code ?? 0)).find(Boolean)
  if (code !== undefined) {
    const fault = refusalFault(head, code)
    return fault ? { kind: 'fault', fault } : { kind: 'passes', head, bytes }
  }
  if (objectIn(events.at(-1), 'data').status !== 2)
    return { kind: 'fault', fault: new Fault('upstream_failed', 'its stream has no end') }
  return { kind: 'json', json: { events: { ...events } }, upstream: head.upstream }
}

function eventIn(line: string): unknown {
  try {
    return line.startsWith('data:') ? JSON.parse(line.slice(5)) : undefined
  } catch {
    // Half an event, which an engine that broke off leaves; then there is no end either.
    return undefined
  }
}

function eventsOf(answer: JsonObject): readonly unknown[] {
  return Object.values(objectIn(answer, 'events'))
}

/** An engine may answer at once although it was asked for a stream. */
export function isEvents(answer: JsonObject): boolean {
  return isObject(answer.events)
}

export function hasSound(answer: JsonObject): boolean {
  return eventsOf(answer).some((event) => textIn(objectIn(event, 'data'), 'audio') !== null)
}

export function answerEvents(call: Call, answer: JsonObject, headers: readonly string[]): void {
  call.res.writeHead(200, ['content-type', 'text/event-stream; charset=utf-8', ...headers])
  call.res.end(
    eventsOf(answer)
      .map((event) => `data: ${JSON.stringify(event)}\n\n`)
      .join(''),
  )
}
