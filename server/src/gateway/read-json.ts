import { Fault } from '../faults.ts'
import { JsonScan, wantedFields } from '../modalities/json-scan.ts'
import { isObject, type JsonObject } from '../modalities/media-request.ts'
import { readBody } from './body.ts'
import type { Call } from './call.ts'

/** A body that is small enough to be built. Throws a Fault unless it is one JSON object that says everything once. */
export async function readJson(call: Call, mostBytes: number): Promise<JsonObject> {
  return objectIn(Buffer.concat(await readBody(call, mostBytes)))
}

export function objectIn(bytes: Buffer): JsonObject {
  const json = parsed(bytes)
  if (!isObject(json)) throw new Fault('body_broken')
  refuseTwice(bytes, json)
  return json
}

/** Bytes that are no UTF-8 would become characters nobody wrote, and be charged. */
const utf8 = new TextDecoder('utf-8', { fatal: true })

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch (error) {
    throw new Fault('body_broken', error instanceof Error ? positionIn(error.message) : '')
  }
}

/** Of two values one is billed, and readers differ in which: here the same bodies are refused as with text. */
function refuseTwice(bytes: Buffer, json: JsonObject): void {
  const scan = new JsonScan(wantedFields(Object.keys(json).map((name) => [name, 0])))
  scan.push(bytes)
  if (scan.problem?.problem !== 'duplicate') return
  const { name, at } = scan.problem
  throw new Fault('param_invalid', `${name}: given twice (at byte ${at}); give it once`)
}

/** Where it breaks, without the text around it, which may be a prompt. */
function positionIn(message: string): string {
  const at = /position (\d+)/.exec(message)?.[1]
  return at === undefined ? 'it ends too early' : `at character ${at}`
}
