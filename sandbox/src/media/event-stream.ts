import { dataEvent } from '../dialects/dialect.ts'
import type { JsonObject } from '../json.ts'
import type { Markers } from '../markers.ts'
import { createOutlet } from '../outlet.ts'
import { pause } from '../pace.ts'
import type { Exchange } from '../serve.ts'
import { SUCCESS } from './answer.ts'

/** The events of one media answer; the head goes out with the first, so that a refusal can still come instead. */
export interface EventStream {
  /** False when there is nobody left to send to. */
  send(event: JsonObject): Promise<boolean>
  fail(): Promise<void>
  end(): void
}

const FAILED = { status_code: 1000, status_msg: 'the engine failed, as the prompt asked' }

export function openEventStream({ res, gone, requestId }: Exchange, markers: Markers): EventStream {
  const { slowMs = 0, cutBytes } = markers
  const outlet = createOutlet(res, gone, cutBytes)
  const send = async (event: JsonObject): Promise<boolean> => {
    if (!res.headersSent) {
      res.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-cache',
        'request-id': requestId,
        'x-request-id': requestId,
        'trace-id': requestId,
      })
    }
    const sent = await outlet.send(dataEvent({ base_resp: SUCCESS, ...event, trace_id: requestId }))
    return sent && (slowMs === 0 || pause(slowMs, gone))
  }
  return {
    send,
    async fail() {
      if (await send({ data: null, base_resp: FAILED })) outlet.end()
    },
    end: () => outlet.end(),
  }
}
