import { type Call, idHeaders } from './call.ts'

export function answerJson(call: Call, body: unknown, headers: readonly string[] = []): void {
  answerText(call, JSON.stringify(body), headers)
}

/** JSON that is written already. */
export function answerText(call: Call, text: string, headers: readonly string[]): void {
  const length = ['content-length', String(Buffer.byteLength(text))]
  call.res.writeHead(200, [
    'content-type',
    'application/json; charset=utf-8',
    ...length,
    ...idHeaders(call),
    ...headers,
  ])
  call.res.end(call.req.method === 'HEAD' ? undefined : text)
}
