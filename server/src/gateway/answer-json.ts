import { type Call, idHeaders } from './call.ts'

export function answerJson(call: Call, body: unknown, headers: readonly string[] = []): void {
  const text = JSON.stringify(body)
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
