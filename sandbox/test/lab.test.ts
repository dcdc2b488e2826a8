import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { encodeAudio } from '../src/lab/audio/encoder.ts'
import { silence } from '../src/lab/audio/pcm.ts'
import { openLab } from '../src/lab/lab.ts'
import { makeInPieces } from '../src/lab/pieces.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lab-test-'))
const lab = openLab()
after(async () => {
  await lab.close()
  await rm(folder, { recursive: true })
})

async function soundOf(durationMs: number): Promise<string> {
  const spec = { format: 'wav', sampleRate: 8_000, bitrate: 0, channels: 1 } as const
  const file = path.join(folder, `${durationMs}.wav`)
  await writeFile(file, (await encodeAudio(silence(8_000, durationMs), spec)).bytes)
  return file
}

const manner = {
  timbre: { base: 'kal16', semitones: 0, stretch: 1 },
  speed: 1,
  volume: 1,
  semitones: 0,
} as const
const spec = { format: 'pcm', sampleRate: 16_000, bitrate: 0, channels: 1 } as const
const speech = (text: string) => ({ text, manner, pronunciations: [], spec, subtitles: undefined })

test('three hundred jobs at once are all done, and begun in order', async () => {
  const files = await Promise.all([100, 200, 300].map(soundOf))
  const begun: number[] = []
  const heard = await Promise.all(
    Array.from({ length: 300 }, (_, i) =>
      lab.make('listen', { path: files[i % 3] ?? '' }, { started: () => begun.push(i) }),
    ),
  )
  assert.deepEqual(
    heard.map(({ durationMs }) => durationMs),
    heard.map((_, i) => ((i % 3) + 1) * 100),
  )
  assert.deepEqual(
    begun,
    heard.map((_, i) => i),
  )
})

test('a fault of the maker comes with its code, and the thread works on', async () => {
  const broken = path.join(folder, 'broken')
  await writeFile(broken, 'no sound')
  await assert.rejects(lab.make('listen', { path: broken }), { name: 'MediaFault', code: 2013 })
  await assert.rejects(lab.make('listen', { path: `${broken}er` }), { code: 1000, message: /ENOENT/ })
  assert.equal((await lab.make('listen', { path: await soundOf(400) })).durationMs, 400)
})

test('a job whose client goes while it waits is never begun', async () => {
  const file = await soundOf(500)
  const leave = new AbortController()
  let begun = 0
  const before = Array.from({ length: 10 }, () => lab.make('listen', { path: file }))
  const dropped = Array.from({ length: 10 }, () =>
    lab.make('listen', { path: file }, { gone: leave.signal, started: () => (begun += 1) }),
  )
  leave.abort()
  for (const job of dropped) await assert.rejects(job, { message: /left/ })
  await Promise.all(before)
  assert.equal(begun, 0)
  await assert.rejects(lab.make('listen', { path: file }, { gone: AbortSignal.abort() }), { message: /left/ })
})

test('a client that goes ends the work on its text', async () => {
  const leave = new AbortController()
  const { pieces, product } = makeInPieces(lab, 'narration', speech('One more. '.repeat(2_000)), {
    gone: leave.signal,
  })
  let count = 0
  for await (const _ of pieces) {
    count += 1
    if (count === 1) leave.abort()
  }
  assert.ok(count < 1_000, `${count} pieces`)
  await product
})

test('heavy work leaves a seat free', async () => {
  const leave = new AbortController()
  const order = speech('One more. '.repeat(500))
  const heavy = [0, 1].map(() => lab.make('narration', order, { gone: leave.signal }).catch(() => undefined))
  let second = false
  void heavy[1]?.then(() => (second = true))
  const { durationMs } = await lab.make('listen', { path: await soundOf(600) })
  assert.equal(durationMs, 600)
  assert.equal(second, false)
  leave.abort()
  await Promise.all(heavy)
})

test('pieces come before their product', async () => {
  const order: string[] = []
  const product = lab
    .make('speech', speech('One. Two. Three.'), { piece: () => order.push('piece') })
    .then(() => order.push('product'))
  await product
  assert.deepEqual(order, ['piece', 'piece', 'piece', 'product'])
})

test('closing ends what waits and what is on', async () => {
  const closing = openLab()
  const jobs = Array.from({ length: 5 }, () => closing.make('narration', speech('One more. '.repeat(500))))
  const ends = Promise.all(jobs.map((job) => assert.rejects(job, { code: 1000, message: /closed/ })))
  await closing.close()
  await ends
  await assert.rejects(closing.make('speech', speech('x')), { message: /closed/ })
})
