// An engine of MiniMax's kind that makes nothing: fixed answers, at once, so that what is measured is the way to it.
// `node bench/stub-media.mjs PORT`
import { randomBytes } from 'node:crypto'
import http from 'node:http'

const KB = 1000
const MB = 1000 * KB
const port = Number(process.argv[2] ?? 9200)
const base_resp = { status_code: 0, status_msg: 'success' }
const picture = randomBytes(100 * KB)
const film = randomBytes(400 * KB)
const json = (answer) => ({
  type: 'application/json',
  body: Buffer.from(JSON.stringify({ ...answer, base_resp })),
})
const images = (data) => json({ id: 'x', data, metadata: { success_count: '1', failed_count: '0' } })
const sound = (bytes) =>
  json({ data: { audio: randomBytes(bytes).toString('hex'), status: 2 }, extra_info: {}, trace_id: 'x' })
const found = {
  title: 'A page',
  link: 'https://example.com/',
  snippet: 'Some words. '.repeat(10),
  date: '2026-01-01',
}

const answers = {
  '/v1/t2a_v2': sound(100 * KB),
  '/v1/music_generation': sound(MB),
  '/v1/coding_plan/search': json({ organic: Array(10).fill(found), related_searches: [] }),
  '/v1/coding_plan/vlm': json({ content: 'A picture. '.repeat(20) }),
  '/v1/files/upload': json({
    file: { file_id: 1, bytes: MB, created_at: 1, filename: 'x.mp3', purpose: 'voice_clone' },
  }),
  '/v1/video_generation': json({ task_id: '1' }),
  '/v1/query/video_generation': json({
    task_id: '1',
    status: 'Success',
    file_id: '1',
    video_width: 1366,
    video_height: 768,
  }),
  '/v1/files/retrieve': json({ file: { file_id: 1, download_url: `http://127.0.0.1:${port}/film.mp4` } }),
  '/picture.jpeg': { type: 'image/jpeg', body: picture },
  '/film.mp4': { type: 'video/mp4', body: film },
}
const byUrl = images({ image_urls: [`http://127.0.0.1:${port}/picture.jpeg`] })
const inBase64 = images({ image_base64: [picture.toString('base64')] })

const server = http.createServer((request, response) => {
  const [path] = request.url.split('?')
  let asked = ''
  request.on('data', (chunk) => {
    if (path === '/v1/image_generation') asked += chunk.toString('latin1')
  })
  request.on('end', () => {
    const answer =
      path === '/v1/image_generation' ? (asked.includes('"base64"') ? inBase64 : byUrl) : answers[path]
    if (!answer) return void response.writeHead(404).end()
    response.writeHead(200, { 'content-type': answer.type, 'content-length': answer.body.length })
    response.end(answer.body)
  })
})
server.keepAliveTimeout = 65_000
server.listen(port, '127.0.0.1', () => console.log(`stub on ${port}`))
