// An engine that makes everything at once, small, and fails where it is told to: every n-th request, in turn with an HTTP
// error, with base_resp inside a 200, and with a connection that is reset. What it did it counts itself: GET /counts.
// `node bench/engine.mjs PORT [--fail-every 10] [--delay-ms 0] [--film-ms 300]`, or openEngine from another script.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import { pathToFileURL } from 'node:url'
import { flagIn } from './flags.mjs'

/** What every text costs that does not stream: MiniMax-M2.7 at 300 and 1,200 nanos a token. */
export const TEXT_USAGE = { input: 10, output: 20 }
/** Of each event of a stream. Four bytes a token is what the gateway counts where nothing is reported. */
const TOKENS_PER_EVENT = 16
const BYTES_PER_TOKEN = 4
const PIECE = 'word'.repeat((TOKENS_PER_EVENT * BYTES_PER_TOKEN) / 4)
const EVENTS_PER_WRITE = 64
/** Connections that nobody has accepted yet. */
const MOST_WAITING = 4_096
/** Where a stream names no limit. */
const DEFAULT_TOKENS = 256

const fine = { status_code: 0, status_msg: 'success' }
const picture = randomBytes(300).toString('base64')
const sound = randomBytes(200).toString('hex')
export const FILM = randomBytes(2_000)

/** `failEvery`: 0 never. `delayMs`: answers come so many milliseconds later at the most, each another number. */
export async function openEngine({ port = 0, failEvery = 0, delayMs = 0, filmMs = 300 } = {}) {
  const state = { failEvery, delayMs, filmMs, asked: 0, failed: 0, tasks: [], sockets: new Set() }
  const server = http.createServer((req, res) => {
    meet(state, req, res).catch(() => res.destroy())
  })
  server.keepAliveTimeout = 65_000
  server.on('connection', (socket) => {
    state.sockets.add(socket)
    socket.once('close', () => state.sockets.delete(socket))
  })
  server.listen(port, '127.0.0.1', MOST_WAITING)
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    tasks: state.tasks,
    counts: () => countsOf(state),
    close: () => {
      server.close()
      for (const socket of state.sockets) socket.destroy()
    },
  }
}

function countsOf({ asked, failed, tasks }) {
  return { asked, failed, films: tasks.length, failedFilms: tasks.filter(({ fails }) => fails).length }
}

async function meet(state, req, res) {
  const url = new URL(req.url, 'http://engine')
  if (req.method === 'GET') return read(state, url, req, res)
  let body = ''
  for await (const part of req) body += part.toString('latin1')
  const number = ++state.asked
  if (state.delayMs > 0) await pause((number * 7) % (state.delayMs + 1))
  if (state.failEvery > 0 && number % state.failEvery === 0) return fail(state, res)
  const maker = makers[url.pathname]
  if (maker) return maker(JSON.parse(body), res, state, number)
  res.writeHead(404).end()
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

function fail(state, res) {
  switch (state.failed++ % 3) {
    case 0:
      return send(res, { error: { message: 'out of order' } }, 500)
    case 1:
      return send(res, { base_resp: { status_code: 1000, status_msg: 'out of order' } })
    default:
      return res.socket.resetAndDestroy()
  }
}

function send(res, json, status = 200) {
  const bytes = Buffer.from(JSON.stringify({ base_resp: fine, ...json }))
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length }).end(bytes)
}

const makers = {
  '/v1/chat/completions': chat,
  '/v1/text/chatcompletion_v2': chat,
  '/anthropic/v1/messages': messages,
  '/v1/t2a_v2': (_body, res) =>
    send(res, { data: { audio: sound, status: 2 }, extra_info: {}, trace_id: 'x' }),
  '/v1/music_generation': (_body, res) => send(res, { data: { audio: sound, status: 2 }, extra_info: {} }),
  '/v1/image_generation': ({ n = 1 }, res) =>
    send(res, {
      id: 'x',
      data: { image_base64: Array.from({ length: n }, () => picture) },
      metadata: { success_count: String(n), failed_count: '0' },
    }),
  '/v1/coding_plan/search': (_body, res) => send(res, { organic: [], related_searches: [] }),
  '/v1/video_generation': beginFilm,
}

const head = { id: 'x', created: 1, model: 'MiniMax-M2.7' }
const data = (json) => `data: ${JSON.stringify(json)}\n\n`
const chunk = (delta, more) =>
  data({
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: null, ...more }],
  })
const chatUsage = ({ input, output }) => ({
  prompt_tokens: input,
  completion_tokens: output,
  total_tokens: input + output,
})

function chat(body, res) {
  if (!body.stream) {
    const message = { role: 'assistant', content: PIECE }
    return send(res, {
      ...head,
      object: 'chat.completion',
      choices: [{ index: 0, finish_reason: 'stop', message }],
      usage: chatUsage(TEXT_USAGE),
    })
  }
  const tokens = body.max_tokens ?? DEFAULT_TOKENS
  const usage = chatUsage({ ...TEXT_USAGE, output: tokens })
  const last = data({
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta: {}, finish_reason: 'length' }],
    usage,
  })
  return stream(res, tokens, {
    begin: chunk({ role: 'assistant', content: '' }),
    event: chunk({ content: PIECE }),
    end: `${last}data: [DONE]\n\n`,
  })
}

const event = (json) => `event: ${json.type}\n${data(json)}`

function messages(body, res) {
  const message = { id: 'x', type: 'message', role: 'assistant', model: 'MiniMax-M2.7' }
  const input = TEXT_USAGE.input
  if (!body.stream) {
    const usage = { input_tokens: input, output_tokens: TEXT_USAGE.output }
    const content = [{ type: 'text', text: PIECE }]
    return send(res, { ...message, content, stop_reason: 'end_turn', stop_sequence: null, usage })
  }
  const tokens = body.max_tokens ?? DEFAULT_TOKENS
  const begun = { ...message, content: [], usage: { input_tokens: input, output_tokens: 1 } }
  const ended = {
    delta: { stop_reason: 'max_tokens', stop_sequence: null },
    usage: { output_tokens: tokens },
  }
  return stream(res, tokens, {
    begin:
      event({ type: 'message_start', message: begun }) +
      event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    event: event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: PIECE } }),
    end:
      event({ type: 'content_block_stop', index: 0 }) +
      event({ type: 'message_delta', ...ended }) +
      event({ type: 'message_stop' }),
  })
}

/** As fast as the other side takes it. */
async function stream(res, tokens, { begin, event, end }) {
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  res.write(begin)
  for (let left = Math.ceil(tokens / TOKENS_PER_EVENT); left > 0; left -= EVENTS_PER_WRITE) {
    if (res.destroyed) return
    if (res.write(event.repeat(Math.min(left, EVENTS_PER_WRITE)))) continue
    await Promise.race([once(res, 'drain'), once(res, 'close')])
  }
  res.end(end)
}

/** A film is done some time after its beginning; of them too every n-th fails. */
function beginFilm(body, res, { tasks, failEvery, filmMs }, number) {
  const id = 100_000_000 + tasks.length
  const fails = failEvery > 0 && tasks.length % failEvery === failEvery - 1
  tasks.push({ id, prompt: body.prompt, doneAt: performance.now() + filmMs + (number % 7) * 50, fails })
  send(res, { task_id: String(id) })
}

function read(state, url, req, res) {
  switch (url.pathname) {
    case '/counts':
      return send(res, countsOf(state))
    case '/v1/query/video_generation': {
      const id = url.searchParams.get('task_id')
      const task = state.tasks.find((known) => String(known.id) === id)
      if (!task) return send(res, { base_resp: { status_code: 2013, status_msg: 'no such task' } })
      const told = { task_id: id, video_width: 1366, video_height: 768 }
      if (performance.now() < task.doneAt) return send(res, { ...told, status: 'Processing' })
      return send(res, { ...told, ...(task.fails ? { status: 'Fail' } : { status: 'Success', file_id: id }) })
    }
    case '/v1/files/retrieve': {
      const file_id = Number(url.searchParams.get('file_id'))
      return send(res, { file: { file_id, download_url: `http://${req.headers.host}/film.mp4` } })
    }
    case '/film.mp4':
      return res.writeHead(200, { 'content-type': 'video/mp4', 'content-length': FILM.length }).end(FILM)
    default:
      return send(res, { data: [] })
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { url } = await openEngine({
    port: Number(process.argv[2] ?? 9100),
    failEvery: Number(flagIn('fail-every', 0)),
    delayMs: Number(flagIn('delay-ms', 0)),
    filmMs: Number(flagIn('film-ms', 300)),
  })
  console.log(`engine on ${url}`)
}
