import { mintId } from '../ids.ts'
import type { JsonObject } from '../json.ts'
import { chatWhole, nativeFrames } from './chat-answer.ts'
import { readChat } from './chat-request.ts'
import { type Dialect, dataEvent } from './dialect.ts'

export const native: Dialect = {
  name: 'native',
  read(body) {
    const chat = readChat(body)
    return {
      ...chat,
      whole: (answer) => chatWhole(answer, chat),
      frames: (answer) => nativeFrames(answer, chat),
      failure: (message, answer) => [
        dataEvent(refusal({ status: 500, message, id: answer.id, model: chat.model })),
      ],
    }
  },
  /** MiniMax's own paths say everything as HTTP 200; the code tells. */
  fault: (status, message, requestId) => ({
    status: 200,
    body: refusal({ status, message, id: requestId, model: '' }),
  }),
}

interface Refused {
  readonly status: number
  readonly message: string
  readonly id: string
  readonly model: string
}

function refusal({ status, message, id, model }: Refused): JsonObject {
  return {
    id: id === '' ? mintId() : id,
    choices: null,
    model,
    object: 'chat.completion',
    usage: { total_tokens: 0, total_characters: 0 },
    base_resp: baseResp(status, message),
  }
}

/** The code stands in brackets at the end of the message; where there is none, the status says which. */
export function baseResp(status: number, message: string): JsonObject {
  const coded = /^(.*?)\s*\((\d{4,5})\)$/s.exec(message)
  return {
    status_code: coded === null ? (CODES[status] ?? (status < 500 ? 2013 : 1000)) : Number(coded[2]),
    status_msg: coded?.[1] ?? message,
  }
}

const CODES: Readonly<Record<number, number>> = {
  400: 2013,
  401: 2049,
  402: 1008,
  403: 2061,
  408: 1001,
  422: 1026,
  429: 1002,
  503: 1013,
  504: 1001,
  529: 1013,
}
