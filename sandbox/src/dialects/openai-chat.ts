import { chatFrames, chatWhole } from './chat-answer.ts'
import { readChat } from './chat-request.ts'
import { type Dialect, dataEvent } from './dialect.ts'
import { openaiErrorType } from './openai-error.ts'

export const openaiChat: Dialect = {
  name: 'openai-chat',
  read(body) {
    const chat = readChat(body)
    return {
      ...chat,
      whole: (answer) => chatWhole(answer, chat),
      frames: (answer) => chatFrames(answer, chat),
      failure: (message) => [
        dataEvent({ type: 'error', error: { type: 'server_error', message, http_code: '500' } }),
      ],
    }
  },
  fault: (status, message, requestId) => ({
    status,
    body: {
      type: 'error',
      error: { type: openaiErrorType(status), message, http_code: String(status) },
      request_id: requestId,
    },
  }),
}
