// The fastest upstream Node can be: fixed answers in every dialect, streaming when asked to. For throughput and exactness
// runs, where the sandbox would be what is measured. `node bench/stub-upstream.mjs PORT`
import http from 'node:http'

const usage = { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 }
const json = {
  chat: JSON.stringify({
    id: 'x',
    object: 'chat.completion',
    created: 1,
    model: 'MiniMax-M2.7',
    choices: [
      { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'hello '.repeat(12) } },
    ],
    usage,
    base_resp: { status_code: 0, status_msg: '' },
  }),
  messages: JSON.stringify({
    id: 'x',
    type: 'message',
    role: 'assistant',
    model: 'MiniMax-M2.7',
    content: [{ type: 'text', text: 'hello '.repeat(12) }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 10, output_tokens: 20 },
  }),
}
const delta = (content) =>
  `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'MiniMax-M2.7', choices: [{ index: 0, delta: { role: 'assistant', content } }] })}\n\n`
const stream = [
  ...Array.from({ length: 20 }, () => delta('hello ')),
  `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'MiniMax-M2.7', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage })}\n\n`,
  'data: [DONE]\n\n',
]

const server = http.createServer((req, res) => {
  let streaming = false
  let first = true
  req.on('data', (chunk) => {
    if (first) streaming = chunk.includes('"stream":true')
    first = false
  })
  req.on('end', () => {
    if (req.method === 'GET') return void res.end('{"data":[]}')
    if (!streaming) {
      const body = req.url.includes('messages') ? json.messages : json.chat
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
      return void res.end(body)
    }
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const event of stream) res.write(event)
    res.end()
  })
})
server.keepAliveTimeout = 65_000
server.listen(Number(process.argv[2] ?? 9100), '127.0.0.1', () =>
  console.log(`stub on ${server.address().port}`),
)
