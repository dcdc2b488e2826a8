import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { startSandbox } from '../src/server.ts'
import { asking, engine } from './engine.ts'

const { url } = await engine({ key: 'secret' })

interface Event {
  readonly event: string
  readonly session_id: string
  readonly trace_id: string
  readonly is_final?: boolean
  readonly data?: { readonly audio: string }
  readonly extra_info?: Record<string, unknown>
  readonly base_resp: { readonly status_code: number; readonly status_msg: string }
}

/** Sends everything at once and gives all that is said until the socket closes. */
function converse(messages: readonly unknown[], { key = 'secret', base = url, until = '' } = {}) {
  const socket = new WebSocket(`${base.replace('http', 'ws')}/ws/v1/t2a_v2`, {
    headers: key === '' ? {} : { authorization: `Bearer ${key}` },
  })
  const events: Event[] = []
  socket.on('open', () => {
    for (const message of messages)
      socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  })
  return new Promise<{ events: Event[]; code: number }>((resolve, reject) => {
    socket.on('error', reject)
    socket.on('close', (code) => resolve({ events, code }))
    socket.on('message', (data) => {
      const event = JSON.parse(String(data)) as Event
      events.push(event)
      if (event.event === until) socket.close()
    })
  })
}

const start = {
  event: 'task_start',
  model: 'speech-2.8-turbo',
  voice_setting: { voice_id: 'male-qn-qingse' },
}
const text = (said: string) => ({ event: 'task_continue', text: said })
const finish = { event: 'task_finish' }
const failures = (events: readonly Event[]) =>
  events.filter(({ event }) => event === 'task_failed').map(({ base_resp }) => base_resp.status_code)

test('a task from its start to its end', async () => {
  const { events, code } = await converse([start, text('One. Two.'), text('三 is three.'), finish])
  assert.equal(code, 1000)
  assert.deepEqual(
    events.filter(({ event }) => event !== 'task_continued').map(({ event }) => event),
    ['connected_success', 'task_started', 'task_finished'],
  )
  assert.equal(events[0]?.event, 'connected_success')
  assert.equal(events.at(-1)?.event, 'task_finished')
  assert.equal(new Set(events.map(({ session_id }) => session_id)).size, 1)
  assert.ok(
    events.every(({ trace_id, base_resp }) => /^[0-9a-f]{32}$/.test(trace_id) && base_resp.status_code === 0),
  )
  const spoken = events.filter(({ event }) => event === 'task_continued')
  const finals = spoken.filter(({ is_final }) => is_final)
  assert.deepEqual(
    finals.map(({ extra_info }) => extra_info?.usage_characters),
    [9, 12],
  )
  const end = spoken.findIndex(({ is_final }) => is_final)
  const bytes = spoken.slice(0, end).reduce((sum, { data }) => sum + (data?.audio.length ?? 0) / 2, 0)
  assert.ok(end >= 2)
  assert.equal(finals[0]?.extra_info?.audio_size, bytes)
})

test('what is wrong is said and skipped, and the task goes on', async () => {
  const { events, code } = await converse([
    text('too early'),
    'no json',
    { event: 'task_pause' },
    { ...start, model: 'speech-9' },
    { ...start, voice_setting: { voice_id: 'nobody' } },
    start,
    start,
    text(' '),
    { event: 'task_continue' },
    text('x'.repeat(10_001)),
    text('x [[error 429 slow (1002)]]'),
    text('Fine.'),
    finish,
    text('too late'),
  ])
  assert.equal(code, 1000)
  const codes = failures(events)
  assert.deepEqual(
    codes.filter((one) => one !== 1002),
    [2202, 2202, 2202, 2013, 2042, 2202, 2203, 2203, 2204, 2202],
  )
  assert.ok(codes.includes(1002))
  assert.equal(events.filter(({ is_final }) => is_final).length, 1)
  assert.equal(events.at(-1)?.event, 'task_finished')
})

test('too many texts that wait are refused', async () => {
  const many = Array.from({ length: 258 }, () => text('x'))
  const { events } = await converse([start, text('[[hang]]'), ...many], { until: 'task_failed' })
  assert.deepEqual(failures(events)[0], 2205)
})

test('the key is asked for', async () => {
  assert.deepEqual(failures((await converse([], { key: 'wrong' })).events), [2049])
  assert.deepEqual(failures((await converse([], { key: '' })).events), [1004])
})

test('silence ends it', async () => {
  const quiet = await startSandbox({ port: 0, socketIdleMs: 30 })
  const { events, code } = await converse([start], { base: `http://127.0.0.1:${quiet.port}` })
  assert.deepEqual(
    events.map(({ event }) => event),
    ['connected_success', 'task_started', 'task_failed'],
  )
  assert.deepEqual([failures(events), code], [[2201], 1000])
  await quiet.close()
})

test('no other path, and a sandbox that closes takes its sockets with it', async () => {
  await assert.rejects(converse([], { base: `${url}/x` }), /404/)
  const closing = await startSandbox({ port: 0 })
  const open = converse([start], { base: `http://127.0.0.1:${closing.port}` })
  const socket = new WebSocket(`ws://127.0.0.1:${closing.port}/ws/v1/t2a_v2`)
  await new Promise((resolve) => socket.once('message', resolve))
  await closing.close()
  assert.equal((await open).code, 1006)
})

test('a request that offers another protocol is answered like every other', async () => {
  const body = JSON.stringify({ ...asking('chat', 'say hello') })
  const request = [
    'POST /v1/chat/completions HTTP/1.1',
    'Host: x',
    'Connection: Upgrade, HTTP2-Settings',
    'Upgrade: h2c',
    'HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA',
    'Authorization: Bearer secret',
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n')
  const socket = connect(Number(new URL(url).port))
  // Twice on one connection, the second time in two halves.
  socket.write(request)
  await said(socket, 2)
  socket.write(request.slice(0, -10))
  setImmediate(() => socket.write(request.slice(-10)))
  await said(socket, 2)
  socket.destroy()
})

async function said(socket: Socket, times: number): Promise<void> {
  let text = ''
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += chunk
    if (text.split('hello').length >= times) return
  }
  assert.fail(text)
}
