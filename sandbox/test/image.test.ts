import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCanvas } from '@napi-rs/canvas'
import { dice } from '../src/lab/picture/dice.ts'
import { spell } from '../src/lab/picture/spelling.ts'
import { readWish } from '../src/lab/picture/wish.ts'
import { readPictureHeader } from '../src/media/picture-header.ts'
import { engine } from './engine.ts'

const { post, url } = await engine({ key: 'secret' })
const bearer = { authorization: 'Bearer secret' }
const PATH = '/v1/image_generation'

async function ask(more: object, headers: Record<string, string> = bearer) {
  const answer = await post(PATH, { model: 'image-01', prompt: 'a red cat by the sea', ...more }, headers)
  assert.equal(answer.status, 200)
  return (await answer.json()) as {
    data: { image_urls?: string[]; image_base64?: string[] }
    metadata: unknown
    base_resp: { status_code: number; status_msg: string }
  }
}

async function pictures(more: object): Promise<Buffer[]> {
  const { data } = await ask({ response_format: 'base64', ...more })
  return (data.image_base64 ?? []).map((text) => Buffer.from(text, 'base64'))
}

async function picture(more: object = {}): Promise<Buffer> {
  const [first] = await pictures({ width: 512, height: 512, ...more })
  assert.ok(first)
  return first
}

async function refusal(more: object): Promise<string> {
  const { base_resp } = await ask(more)
  assert.equal(base_resp.status_code, 2013, JSON.stringify(more))
  return base_resp.status_msg
}

test('every aspect ratio has its size, and wins over a width and a height', async () => {
  const sizes = {
    '1:1': [1024, 1024],
    '16:9': [1280, 720],
    '4:3': [1152, 864],
    '3:2': [1248, 832],
    '2:3': [832, 1248],
    '3:4': [864, 1152],
    '9:16': [720, 1280],
    '21:9': [1344, 576],
  }
  for (const [ratio, [width, height]] of Object.entries(sizes)) {
    const made = await picture({ aspect_ratio: ratio, width: 600, height: 600 })
    assert.deepEqual(readPictureHeader(made), { type: 'jpeg', width, height })
  }
  assert.deepEqual(readPictureHeader(await picture({ width: 520, height: 2048 })), {
    type: 'jpeg',
    width: 520,
    height: 2048,
  })
})

test('the same request gives the same picture, another word or seed another one', async () => {
  const first = await picture({ seed: 7 })
  assert.ok(first.equals(await picture({ seed: 7 })))
  for (const more of [
    { seed: 8 },
    { seed: 7, prompt: 'a red dog by the sea' },
    { seed: 7, prompt_optimizer: true },
    { seed: 7, aigc_watermark: true },
    { seed: 7, model: 'image-01-live' },
  ]) {
    assert.ok(!first.equals(await picture(more)), JSON.stringify(more))
  }
})

test('each of nine pieces differs', async () => {
  const made = await pictures({ n: 9, width: 512, height: 512 })
  assert.equal(new Set(made.map((piece) => piece.toString('base64'))).size, 9)
})

test('addresses lead to the pictures, without a key', async () => {
  const { data, metadata } = await ask({ n: 2, width: 512, height: 512 })
  assert.deepEqual(metadata, { success_count: '2', failed_count: '0' })
  for (const address of data.image_urls ?? []) {
    assert.ok(address.startsWith(`${url}/files/`), address)
    const answer = await fetch(address)
    assert.equal(answer.headers.get('content-type'), 'image/jpeg')
    assert.equal(readPictureHeader(new Uint8Array(await answer.arrayBuffer()))?.width, 512)
  }
  assert.equal(data.image_urls?.length, 2)
})

test('a marker lets pieces fail', async () => {
  const { data, metadata } = await ask({ prompt: 'a cat [[fail 1]]', n: 2, width: 512, height: 512 })
  assert.equal(data.image_urls?.length, 1)
  assert.deepEqual(metadata, { success_count: '1', failed_count: '1' })
})

test('a style of image-01-live and a given face are seen', async () => {
  const live = { model: 'image-01-live' }
  const plain = await picture(live)
  assert.ok(!plain.equals(await picture({ ...live, style: { style_type: '水彩', style_weight: 0.5 } })))
  const face = createCanvas(64, 64)
  face.getContext('2d').fillRect(0, 0, 64, 64)
  const image_file = face.toDataURL('image/png')
  const subject = [{ type: 'character', image_file }]
  assert.ok(!plain.equals(await picture({ ...live, subject_reference: subject })))
  assert.ok(plain.equals(await picture({ ...live, subject_reference: 'https://example.com/a.png' })))
})

test('what is out of range is refused by its name', async () => {
  const cases: [object, RegExp][] = [
    [{ model: 'image-02' }, /model must be one of image-01, image-01-live/],
    [{ model: undefined }, /model/],
    [{ prompt: '' }, /prompt is required/],
    [{ prompt: 'x'.repeat(1_501) }, /prompt must have at most 1500/],
    [{ aspect_ratio: '5:4' }, /aspect_ratio/],
    [{ width: 504, height: 512 }, /width/],
    [{ width: 512, height: 2_056 }, /height/],
    [{ width: 516, height: 512 }, /width must be a multiple of 8/],
    [{ width: 512 }, /together/],
    [{ n: 0 }, /n must/],
    [{ n: 10 }, /n must/],
    [{ n: 1.5 }, /n must/],
    [{ response_format: 'png' }, /response_format/],
    [{ seed: 'x' }, /seed/],
    [{ style: { style_type: 'oil' } }, /style.style_type/],
    [{ subject_reference: [{ type: 'character' }] }, /subject_reference\[0\].image_file/],
    [{ subject_reference: [{ type: 'character', image_file: 'data:image/png;base64,AAAA' }] }, /image_file/],
  ]
  for (const [more, message] of cases) assert.match(await refusal(more), message)
})

test('a key is asked for', async () => {
  assert.equal((await ask({}, {})).base_resp.status_code, 1004)
  assert.equal((await ask({}, { authorization: 'Bearer no' })).base_resp.status_code, 2049)
})

test('words choose what is drawn', () => {
  const wish = (prompt: string) => readWish(prompt, dice(prompt))
  const cat = wish('Two red cats in a blue city at night, snow')
  assert.deepEqual(cat.cast, [{ figure: 'cat', colour: '#d8343b', count: 2 }])
  assert.equal(cat.place, 'city')
  assert.equal(cat.hour, 'night')
  assert.equal(cat.tints.ground, '#2f74d0')
  assert.ok(cat.weather.has('snow'))
  assert.deepEqual(wish('一只黑色的狗在海边').cast, [{ figure: 'dog', colour: '#23242b', count: 1 }])
  assert.equal(wish('a concatenation of catalogues').cast[0]?.figure === 'cat', false)
  assert.equal(wish('a knight in a red coat').tints.sky, undefined)
})

test('words are lettered in signs that the font has', async () => {
  assert.equal(await spell('红色的猫 at night'), 'hóng sè de māo at night')
  assert.equal(await spell('café, Привет 🎉'), 'café, Привет')
  assert.equal(await spell('مرحبا'), '(Arabic text)')
})
