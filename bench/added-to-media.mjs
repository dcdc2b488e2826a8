// The same request straight to a stub and through the gateway, one after the other over one connection.
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openProduct, verdict } from './product.mjs'
import { folder, freePort, start } from './stage.mjs'
import { markdownTable } from './table.mjs'

const MB = 1_000_000
const post = (where, body, type = 'application/json') => ({ where, body: Buffer.from(body), type })
const ask = (where, body) => post(where, JSON.stringify(body))
const voice_setting = { voice_id: 'English_expressive_narrator' }
const image = { model: 'image-01', prompt: 'a boat', n: 1 }
const song = { model: 'music-2.6', prompt: 'a song', lyrics: 'We walk along' }
const picture = `data:image/jpeg;base64,${randomBytes(100_000).toString('base64')}`

const kinds = [
  [
    'speech, 100 KB in hex',
    ask('/v1/t2a_v2', { model: 'speech-2.8-hd', text: 'Hello '.repeat(50), voice_setting }),
  ],
  ['image, 100 KB by url', ask('/v1/image_generation', { ...image, response_format: 'url' })],
  ['image, 100 KB in base64', ask('/v1/image_generation', { ...image, response_format: 'base64' })],
  ['song, 1 MB in hex', ask('/v1/music_generation', song)],
  ['search', ask('/v1/coding_plan/search', { q: 'typescript' })],
  ['vision, 100 KB sent', ask('/v1/coding_plan/vlm', { prompt: 'What is it?', image_url: picture })],
  ['file upload, 1 MB', upload(randomBytes(MB))],
  ['video, begun', ask('/v1/video_generation', { model: 'MiniMax-Hailuo-2.3', prompt: 'waves' })],
]

function upload(bytes) {
  const boundary = 'bench-boundary'
  const field = `--${boundary}\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nvoice_clone\r\n`
  const file = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="x.mp3"\r\ncontent-type: audio/mpeg\r\n\r\n`
  const body = Buffer.concat([Buffer.from(field + file), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)])
  return post('/v1/files/upload', body, `multipart/form-data; boundary=${boundary}`)
}

/** Answers { rows: [[kind, { direct, ours }]], proofs }: milliseconds of every call, by kind. */
export async function addedToMedia(work, { rounds, calls }) {
  const stub = await freePort()
  const args = [path.join(folder, 'stub-media.mjs'), String(stub)]
  await start({ name: 'stub-media', command: process.execPath, args, port: stub, logFolder: work })
  const config = path.join(work, 'media.yaml')
  writeFileSync(config, `upstreams:\n  - { name: stub, kind: minimax, url: 'http://127.0.0.1:${stub}' }\n`)
  const product = await openProduct(work, 'added', { TOKENPLAN_CONFIG: config })
  const ways = { direct: { port: stub, key: 'bench' }, ours: { port: product.port, key: product.key } }
  const rows = kinds.map(([kind, request]) => [kind, request, { direct: [], ours: [] }])
  for (let round = 0; round <= rounds; round++) {
    process.stderr.write(`added, round ${round} of ${rounds}\n`)
    for (const [, request, took] of rows) {
      const order = round % 2 === 0 ? ['direct', 'ours'] : ['ours', 'direct']
      for (const way of order) {
        const times = await timed(ways[way], request, calls)
        // Round 0 warms up.
        if (round > 0) took[way].push(...times)
      }
    }
  }
  // Films that were begun are fetched and kept behind the answers; then no hold is open.
  await pause(2_000)
  await product.stop()
  return { rows: rows.map(([kind, , took]) => [kind, took]), proofs: [verdict(product)] }
}

async function timed({ port, key }, { where, body, type }, calls) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1, noDelay: true })
  const headers = { authorization: `Bearer ${key}`, 'content-type': type, 'content-length': body.length }
  const times = []
  for (let left = calls; left > 0; left--) times.push(await one({ port, agent, headers, where, body }))
  agent.destroy()
  return times
}

function one({ port, agent, headers, where, body }) {
  return new Promise((resolve, reject) => {
    const began = performance.now()
    const to = { host: '127.0.0.1', port, agent, headers, path: where, method: 'POST' }
    const request = http.request(to, (answer) => {
      const chunks = []
      answer.on('data', (chunk) => chunks.push(chunk))
      answer.on('error', reject)
      answer.on('end', () => {
        const ms = performance.now() - began
        // `base_resp` is at the end here; a refusal says something else.
        const isFine = Buffer.concat(chunks).subarray(-100).includes('"status_code":0')
        if (isFine) resolve(ms)
        else reject(new Error(`${where}: ${Buffer.concat(chunks).toString().slice(0, 300)}`))
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}

export function addedTable({ rows }) {
  const head = [
    '',
    'direct p50 / p99',
    'through us p50 / p99',
    'added p50',
    'added p99',
    'ratio p50',
    'ratio p99',
  ]
  const lines = rows.map(([kind, { direct, ours }]) => {
    const [d50, d99, o50, o99] = [at(direct, 0.5), at(direct, 0.99), at(ours, 0.5), at(ours, 0.99)]
    const [ratio50, ratio99] = [o50 / d50, o99 / d99].map((ratio) => ratio.toFixed(1))
    return [
      kind,
      `${ms(d50)} / ${ms(d99)}`,
      `${ms(o50)} / ${ms(o99)}`,
      ms(o50 - d50),
      ms(o99 - d99),
      ratio50,
      ratio99,
    ]
  })
  return markdownTable(head, lines)
}

function at(values, share) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}

function ms(value) {
  return value.toFixed(2)
}
