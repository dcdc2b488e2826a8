import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Canvas, createCanvas } from '@napi-rs/canvas'
import { readPictureHeader } from '../src/media/picture-header.ts'
import { engine } from './engine.ts'

const { post, url } = await engine()

async function look(body: object) {
  const answer = await post('/v1/coding_plan/vlm', { prompt: 'What is this?', ...body })
  return (await answer.json()) as { content: string; base_resp: { status_code: number; status_msg: string } }
}

function painted(width: number, height: number, paint: (canvas: Canvas) => void): Canvas {
  const canvas = createCanvas(width, height)
  paint(canvas)
  return canvas
}

const red = painted(320, 200, (canvas) => {
  const pen = canvas.getContext('2d')
  pen.fillStyle = '#e01020'
  pen.fillRect(0, 0, 320, 200)
})

test('a red PNG is red, flat and as large as it is', async () => {
  const { content, base_resp } = await look({ image_url: red.toDataURL('image/png') })
  assert.deepEqual(base_resp, { status_code: 0, status_msg: 'success' })
  for (const part of [
    /PNG image of 320 × 200/,
    /without transparency/,
    /red 100%/,
    /flat graphic/,
    /What is this\?/,
    /without a model/,
  ]) {
    assert.match(content, part)
  }
})

test('clear parts, bands and noise are seen', async () => {
  const half = painted(100, 100, (canvas) => {
    const pen = canvas.getContext('2d')
    pen.fillStyle = '#1050e0'
    pen.fillRect(0, 0, 100, 25)
    pen.fillStyle = '#10a030'
    pen.fillRect(0, 75, 100, 25)
  })
  const { content } = await look({ image_url: half.toDataURL('image/png') })
  assert.match(content, /transparent in 50% of its area/)
  assert.match(content, /top is mostly blue, the middle nothing, the bottom green/)
  const noise = painted(64, 64, (canvas) => {
    const pen = canvas.getContext('2d')
    for (let at = 0; at < 4096; at += 1) {
      pen.fillStyle = `hsl(${(at * 97) % 360} 70% ${20 + ((at * 31) % 60)}%)`
      pen.fillRect(at % 64, Math.floor(at / 64), 1, 1)
    }
  })
  assert.match((await look({ image_url: noise.toDataURL('image/png') })).content, /as in a photo/)
})

test('JPEG and WebP are read, and a file by its number', async () => {
  assert.match((await look({ image_url: red.toDataURL('image/jpeg') })).content, /JPEG image of 320 × 200/)
  const webp = await red.encode('webp')
  assert.deepEqual(readPictureHeader(webp), { type: 'webp', width: 320, height: 200 })
  const form = new FormData()
  form.set('purpose', 'retrieval')
  form.set('file', new Blob([new Uint8Array(webp)]), 'red.webp')
  const upload = await fetch(`${url}/v1/files/upload`, { method: 'POST', body: form })
  const { file } = (await upload.json()) as { file: { file_id: number } }
  assert.match((await look({ file_id: file.file_id })).content, /WebP image of 320 × 200 .* red 100%/)
})

/** Its head alone. */
function hugePng(): string {
  const bytes = Buffer.from(red.toDataURL('image/png').slice('data:image/png;base64,'.length), 'base64')
  bytes.writeUInt32BE(60_000, 16)
  bytes.writeUInt32BE(60_000, 20)
  return `data:image/png;base64,${bytes.toString('base64')}`
}

test('an address, a broken image and none are refused', async () => {
  const cases: [object, string | RegExp][] = [
    [{ image_url: 'https://example.com/a.png' }, 'invalid image URL'],
    [{ image_url: 'data:image/png;base64,AAAA' }, /image_url holds no image/],
    [{ image_url: `${red.toDataURL('image/png').slice(0, 80)}` }, /cannot be decoded/],
    [{ image_url: hugePng() }, /at most 64 million pixels/],
    [{}, /image_url or file_id is required/],
    [{ file_id: 12 }, /file_id 12 is no file here/],
    [{ prompt: '', image_url: red.toDataURL('image/png') }, /prompt is required/],
  ]
  for (const [body, message] of cases) {
    const { base_resp } = await look(body)
    assert.equal(base_resp.status_code, 2013)
    if (typeof message === 'string') assert.equal(base_resp.status_msg, message)
    else assert.match(base_resp.status_msg, message)
  }
})
