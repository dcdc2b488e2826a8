import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { createCanvas } from '@napi-rs/canvas'
import { engine } from './engine.ts'
import { filmFactsOf } from './mp4-file.ts'

const { post, url } = await engine()

type Answer = Record<string, unknown> & { base_resp: { status_code: number; status_msg: string } }
interface Message {
  readonly task_id?: string
  readonly status?: string
  readonly file_id?: string
  readonly challenge?: string
  readonly base_resp?: { status_code: number }
}

async function order(more: object): Promise<Answer> {
  const answer = await post('/v1/video_generation', {
    model: 'MiniMax-Hailuo-2.3',
    prompt: 'a boat',
    ...more,
  })
  assert.equal(answer.status, 200)
  return (await answer.json()) as Answer
}

async function query(id: unknown): Promise<Answer> {
  return (await (await fetch(`${url}/v1/query/video_generation?task_id=${id}`)).json()) as Answer
}

/** A client's server that hears how its tasks go. */
async function listener(reply: (message: Message) => unknown) {
  const heard: Message[] = []
  const server = createServer(async (req, res) => {
    let body = ''
    for await (const chunk of req) body += chunk
    const message = JSON.parse(body) as Message
    heard.push(message)
    res.end(JSON.stringify(reply(message)))
    server.emit('heard')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => server.close())
  const ended = async () => {
    while (!heard.some(({ status }) => status === 'success' || status === 'failed'))
      await once(server, 'heard')
    return heard
  }
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, heard, ended }
}

const echo = (message: Message) => ({ challenge: message.challenge })

function png(width: number, height: number): string {
  const canvas = createCanvas(width, height)
  const pen = canvas.getContext('2d')
  pen.fillStyle = '#c03020'
  pen.fillRect(0, 0, width, height)
  return canvas.toDataURL('image/png')
}

test('a film is asked for, waited for, found and loaded', async () => {
  const hook = await listener(echo)
  const { task_id, base_resp } = await order({ prompt: 'a boat [[task 300]]', callback_url: hook.address })
  assert.equal(base_resp.status_code, 0)
  assert.match(String(task_id), /^\d{10,}$/)
  assert.match(String((await query(task_id)).status), /^(Preparing|Queueing|Processing)$/)
  const heard = await hook.ended()
  const { status, file_id, video_width, video_height } = await query(task_id)
  assert.deepEqual(
    { status, video_width, video_height },
    { status: 'Success', video_width: 1366, video_height: 768 },
  )
  assert.deepEqual(
    heard.map(({ status: told }) => told),
    [undefined, 'processing', 'success'],
  )
  assert.deepEqual(heard[2], {
    task_id,
    status: 'success',
    file_id,
    base_resp: { status_code: 0, status_msg: 'success' },
  })
  const found = await fetch(`${url}/v1/files/retrieve?file_id=${file_id}`)
  const { file } = (await found.json()) as { file: { download_url: string; purpose: string } }
  assert.equal(file.purpose, 'video_generation')
  const film = filmFactsOf(new Uint8Array(await (await fetch(file.download_url)).arrayBuffer()))
  assert.ok(film.boxes.indexOf('moov') < film.boxes.indexOf('mdat'), film.boxes.join(' '))
  assert.deepEqual(film.codecs, ['avc1', 'mp4a'])
  assert.deepEqual([film.width, film.height, film.frames], [1366, 768, 72])
  assert.equal(Math.round(film.durationMs), 6_000)
})

test('a film has the shape of its first picture', async () => {
  const hook = await listener(echo)
  const { task_id } = await order({
    model: 'MiniMax-Hailuo-02',
    resolution: '512P',
    prompt: '',
    first_frame_image: png(400, 600),
    last_frame_image: png(600, 400),
    callback_url: hook.address,
  })
  await hook.ended()
  const { status, video_width, video_height } = await query(task_id)
  assert.deepEqual([status, video_width, video_height], ['Success', 512, 768])
})

test('a marker makes a task fail as a refused film does', async () => {
  const hook = await listener(echo)
  const { task_id } = await order({ prompt: 'a boat [[fail]]', callback_url: hook.address })
  const heard = await hook.ended()
  const { status, file_id, base_resp } = await query(task_id)
  assert.deepEqual([status, file_id, base_resp.status_code], ['Fail', '', 1027])
  assert.deepEqual([heard.at(-1)?.status, heard.at(-1)?.base_resp?.status_code], ['failed', 1027])
})

test('an address that does not echo the challenge hears nothing more, and the task goes on', async () => {
  const mute = await listener(() => ({ challenge: 'something else' }))
  const hook = await listener(echo)
  const { task_id } = await order({ prompt: 'a boat [[fail]]', callback_url: mute.address })
  await order({ prompt: 'a boat [[fail]]', callback_url: hook.address })
  await hook.ended()
  assert.equal((await query(task_id)).status, 'Fail')
  assert.deepEqual(
    mute.heard.map(({ status }) => status),
    [undefined],
  )
})

test('what a model does not take is refused by its name', async () => {
  const frame = png(400, 400)
  const cases: [object, RegExp][] = [
    [{ model: 'MiniMax-Hailuo-3' }, /model must be one of/],
    [{ prompt: '' }, /prompt is required/],
    [{ prompt: 'x'.repeat(2_001) }, /prompt must have at most 2000/],
    [{ duration: 8 }, /duration must be one of 6, 10/],
    [{ duration: 10, resolution: '1080P' }, /duration must be 6/],
    [{ resolution: '4K' }, /resolution/],
    [{ resolution: '512P' }, /resolution must be one of 768P, 1080P/],
    [{ model: 'MiniMax-Hailuo-2.3-Fast' }, /first_frame_image is required/],
    [{ last_frame_image: frame }, /last_frame_image is not supported/],
    [{ model: 'T2V-01', first_frame_image: frame }, /first_frame_image is not supported/],
    [{ model: 'S2V-01' }, /subject_reference is required/],
    [{ model: 'S2V-01', subject_reference: [{ type: 'character', image: [frame, frame] }] }, /image/],
    [{ first_frame_image: png(300, 400) }, /first_frame_image must have a short side above 300/],
    [{ first_frame_image: png(301, 800) }, /first_frame_image must have an aspect ratio/],
    [{ first_frame_image: 'data:image/png;base64,AAAA' }, /first_frame_image holds no image/],
    [{ first_frame_image: 'cat.png' }, /first_frame_image must be a URL/],
    [{ first_frame_image: `data:image/png;base64,${'A'.repeat(28 * 1024 * 1024)}` }, /smaller than 20 MB/],
    [{ callback_url: 'ftp://example.com' }, /callback_url must be an http/],
  ]
  for (const [more, message] of cases) {
    const { base_resp } = await order(more)
    assert.equal(base_resp.status_code, 2013, JSON.stringify(more).slice(0, 80))
    assert.match(base_resp.status_msg, message)
  }
  assert.equal((await query('1')).base_resp.status_code, 2013)
})
