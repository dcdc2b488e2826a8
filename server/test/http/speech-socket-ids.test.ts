import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { WebSocket } from 'ws'
import { booksAreRight, openWorld } from '../harness.ts'

/** Under which ids a conversation and its texts go. */
const world = await openWorld({ engine: 'sandbox' })
after(() => world.close())

type Heard = { readonly event: string; readonly session_id: string; readonly trace_id: string }

async function heardOf(texts: readonly string[]): Promise<Heard[]> {
  const { planKey } = await world.team({ plan: 'max' })
  const url = `${world.url.replace('http', 'ws')}/ws/v1/t2a_v2`
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${planKey}` } })
  const say = (event: object) => socket.send(JSON.stringify(event))
  const heard: Heard[] = []
  socket.on('message', (data) => heard.push(JSON.parse(String(data)) as Heard))
  socket.on('open', () => {
    say({ event: 'task_start', model: 'speech-2.8-hd' })
    for (const text of texts) say({ event: 'task_continue', text })
    say({ event: 'task_finish' })
  })
  await new Promise((resolve) => socket.once('close', resolve))
  return heard
}

test('every piece of a text has the id of its request, every message that of the conversation', async () => {
  const heard = await heardOf(['One. Two.', 'Three. Four.'])
  assert.equal(heard.at(-1)?.event, 'task_finished')
  const pieces = heard.filter(({ event }) => event === 'task_continued')
  assert.ok(pieces.length >= 4, `only ${pieces.length} pieces`)
  assert.equal(new Set(pieces.map(({ trace_id }) => trace_id)).size, 2)
  assert.equal(new Set(heard.map(({ session_id }) => session_id)).size, 1)
  for (const { trace_id, session_id } of pieces) assert.notEqual(trace_id, session_id)
  await booksAreRight(world)
})
