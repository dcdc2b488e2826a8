import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readImages, readImagesAnswer } from './image-request.ts'
import { accepts, refuses } from './refusal-under-test.ts'

const least = { model: 'image-01', prompt: 'A cat' }
const png = 'data:image/png;base64,AAAA'

describe('images', () => {
  test('what the gateway needs to know', () => {
    const body = { ...least, n: 3, unknown: 'kept' }
    const request = { model: 'image-01', variant: '', units: 3, divisible: true, stream: false, body }
    assert.deepEqual(readImages(body), request)
    assert.equal(readImages(least).units, 1)
    assert.equal(readImages({ ...least, n: null }).units, 1)
  })

  accepts(readImages, least, [
    { prompt: '😀'.repeat(1500), n: 9 },
    { n: null, width: null, height: null, aspect_ratio: null, seed: null, subject_reference: null },
    { aspect_ratio: '21:9', response_format: 'base64', seed: -7 },
    { width: 512, height: 2048, response_format: 'url' },
    { aspect_ratio: '1:1', width: 1024 },
    { prompt_optimizer: true, aigc_watermark: false },
    { subject_reference: [{ type: 'character', image_file: png }] },
    { subject_reference: [{ type: 'character', image_file: 'https://host/face.jpg' }] },
    { subject_reference: [{ type: 'character', image_url: 'https://host/face.jpg' }] },
    { model: 'image-01-live', style: { style_type: '漫画', style_weight: 0.8 } },
    { style: { style_type: '漫画' } },
  ])

  const side = 'a multiple of 8 from 512 to 2048'
  const ratios = '1:1, 16:9, 4:3, 3:2, 2:3, 3:4, 9:16 or 21:9'
  refuses(readImages, least, [
    [{ model: undefined }, 'model: missing, must be the id of a model'],
    [{ prompt: undefined }, 'prompt: missing, must be a text of 1 to 1,500 characters'],
    [{ prompt: '' }, 'prompt: must be 1 to 1,500 characters, got 0'],
    [{ prompt: 'x'.repeat(1501) }, 'prompt: must be 1 to 1,500 characters, got 1,501'],
    [{ n: 0 }, 'n: must be a whole number from 1 to 9, got 0'],
    [{ n: 10 }, 'n: must be a whole number from 1 to 9, got 10'],
    [{ n: 1.5 }, 'n: must be a whole number from 1 to 9, got 1.5'],
    [{ n: '2' }, 'n: must be a whole number from 1 to 9, got "2"'],
    [{ aspect_ratio: '5:4' }, `aspect_ratio: must be ${ratios}, got "5:4"`],
    [{ width: 504, height: 512 }, `width: must be ${side}, got 504`],
    [{ width: 2056, height: 512 }, `width: must be ${side}, got 2056`],
    [{ width: 512, height: 1001 }, `height: must be ${side}, got 1001`],
    [{ width: 512 }, `height: missing, must be ${side}, as width is given`],
    [{ height: 512 }, `width: missing, must be ${side}, as height is given`],
    [{ response_format: 'b64_json' }, 'response_format: must be url or base64, got "b64_json"'],
    [{ seed: 0.5 }, 'seed: must be a whole number, got 0.5'],
    [{ subject_reference: {} }, 'subject_reference: must be a list of references, got an object'],
    [
      { subject_reference: [{ type: 'character', image_file: 'face.png' }] },
      'subject_reference[0].image_file: must be an http(s) URL or a data URL of a jpeg or png picture of at most 10 MB, got "face.png"',
    ],
    [{ style: 'manga' }, 'style: must be an object, got "manga"'],
  ])

  test('a bare string as subject reference is dropped', () => {
    const body = { ...least, aspect_ratio: '1:1', n: 1, prompt_optimizer: true }
    assert.deepEqual(readImages({ ...body, subject_reference: 'https://host/face.jpg' }).body, body)
  })

  test('the body of mmx', () => {
    const reference = [{ type: 'character', image_file: 'data:image/jpeg;base64,/9j/' }]
    const size = { width: 1024, height: 768, seed: 7, prompt_optimizer: true, aigc_watermark: true }
    const body = { ...least, n: 1, response_format: 'url', ...size, subject_reference: reference }
    assert.equal(readImages(body).body, body)
  })
})

describe('the answer to images', () => {
  const image_urls = ['http://host/1', 'http://host/2']
  const answers: [unknown, number][] = [
    [{ data: { image_urls }, metadata: { success_count: '2', failed_count: '1' } }, 2],
    [{ data: { image_urls }, metadata: { success_count: 1 } }, 1],
    [{ data: { image_urls }, metadata: { success_count: '0' } }, 0],
    [{ data: { image_urls } }, 2],
    [{ data: { image_urls }, metadata: { success_count: '9' } }, 2],
    [{ data: null, metadata: { success_count: '2' } }, 0],
    [{ data: { image_urls: [], image_base64: ['AAAA'] } }, 1],
    [{ data: { image_urls }, metadata: { success_count: 'many' } }, 2],
    [{ data: { image_urls }, metadata: { success_count: -1 } }, 2],
    [{ data: null, metadata: null }, 0],
    [null, 0],
  ]
  for (const [json, made] of answers) {
    test(`${JSON.stringify(json)}: ${made}`, () => assert.deepEqual(readImagesAnswer(json), { made }))
  }
})
