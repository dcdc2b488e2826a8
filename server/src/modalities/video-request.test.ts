import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { findModel, type Model } from '../catalogue/catalogue.ts'
import { folder } from '../catalogue/catalogue-under-test.ts'
import { loadCatalogue } from '../catalogue/read.ts'
import type { JsonObject } from './media-request.ts'
import { MEGABYTE } from './picture-field.ts'
import { accepts, refusalOf, refuses } from './refusal-under-test.ts'
import { readVideo, readVideoStatus, variantOf } from './video-request.ts'

const least = { model: 'MiniMax-Hailuo-2.3', prompt: 'Waves' }
const png = 'data:image/png;base64,AAAA'
const picture = 'an http(s) URL or a data URL of a jpeg, png or webp picture of at most 20 MB'
const pngOf = (bytes: number) => `data:image/png;base64,${Buffer.alloc(bytes).toString('base64')}`

describe('videos', () => {
  test('what the gateway needs to know; the callback is ours to send, so it stays here', () => {
    const body = { ...least, unknown: 'kept' }
    const { callbackUrl, asked, ...request } = readVideo({ ...body, callback_url: 'https://host/done' })
    const model = 'MiniMax-Hailuo-2.3'
    assert.deepEqual(request, { model, variant: '', units: 1, divisible: false, stream: false, body })
    assert.equal(callbackUrl, 'https://host/done')
    assert.deepEqual(asked, { resolution: null, durationSeconds: null, pictures: new Set() })
    assert.equal(readVideo(least).callbackUrl, null)
  })

  accepts(readVideo, least, [
    { prompt: 'x'.repeat(2_000), duration: 6, resolution: '512P' },
    { duration: null, resolution: null, first_frame_image: null, callback_url: null },
    { prompt: '', first_frame_image: png },
    { prompt: null, subject_reference: [{ type: 'character', image: [png] }] },
    { first_frame_image: 'https://host/a.png', last_frame_image: 'data:image/webp;base64,AAAA' },
    { first_frame_image: pngOf(20 * MEGABYTE - 1) },
    { prompt_optimizer: false, fast_pretreatment: true, aigc_watermark: true },
  ])

  refuses(readVideo, least, [
    [{ model: undefined }, 'model: missing, must be the id of a model'],
    [{ prompt: undefined }, 'prompt: missing, must be 1 to 2,000 characters where no picture is given'],
    [{ prompt: '' }, 'prompt: must be 1 to 2,000 characters where no picture is given, got ""'],
    [{ prompt: 'x'.repeat(2_001) }, 'prompt: must be at most 2,000 characters, got 2,001'],
    [{ duration: 7 }, 'duration: must be 6 or 10, got 7'],
    [{ duration: '6' }, 'duration: must be 6 or 10, got "6"'],
    [{ resolution: '4K' }, 'resolution: must be 512P, 720P, 768P or 1080P, got "4K"'],
    [{ first_frame_image: 'a.png' }, `first_frame_image: must be ${picture}, got "a.png"`],
    [
      { last_frame_image: pngOf(20 * MEGABYTE) },
      `last_frame_image: must be ${picture}, got "data:image/png;base64,${'A'.repeat(78)}"… (27,962,050 characters)`,
    ],
    [{ subject_reference: png }, `subject_reference: must be a list with one reference, got "${png}"`],
    [
      { subject_reference: [{ image: [png, png] }] },
      'subject_reference[0].image: must be a list with one picture, got a list of 2',
    ],
    [{ subject_reference: [{ image: ['x'] }] }, `subject_reference[0].image[0]: must be ${picture}, got "x"`],
    [{ callback_url: 'host/done' }, 'callback_url: must be an http(s) URL, got "host/done"'],
    [
      { callback_url: 'file:///etc/passwd' },
      'callback_url: must be an http(s) URL, got "file:///etc/passwd"',
    ],
  ])

  test('the bodies of mmx', () => {
    const first_frame_image = 'data:image/jpeg;base64,/9j/'
    for (const fields of [
      { first_frame_image },
      { model: 'MiniMax-Hailuo-02', first_frame_image, last_frame_image: first_frame_image },
      { model: 'S2V-01', subject_reference: [{ type: 'character', image: [first_frame_image] }] },
    ]) {
      assert.deepEqual(readVideo({ ...least, ...fields }).body, { ...least, ...fields })
    }
  })
})

const catalogue = loadCatalogue(`${folder}token-plan.yaml`)

function shipped(id: string): Model {
  const model = findModel(catalogue, id)
  assert.ok(model, id)
  return model
}

/** A model of an operator's own catalogue, with these prices. */
function ownModel(id: string, ...offers: string[]): Model {
  const price = { per: 1, unit: 'video', nanos: 1, covered: false } as const
  return { ...shipped('MiniMax-Hailuo-02'), id, unitPrices: offers.map((when) => ({ ...price, when })) }
}

describe('the variant of a video', () => {
  const first = { first_frame_image: png }
  const hailuo = 'MiniMax-Hailuo-2.3'
  const variants: [Model, JsonObject, string][] = [
    [shipped(hailuo), {}, '768P 6s'],
    [shipped(hailuo), { duration: null, resolution: null }, '768P 6s'],
    [shipped(hailuo), { duration: 10 }, '768P 10s'],
    [shipped(hailuo), { resolution: '1080P' }, '1080P 6s'],
    [shipped(`${hailuo}-Fast`), first, '768P 6s'],
    [shipped('MiniMax-Hailuo-02'), {}, '768P 6s'],
    [shipped('MiniMax-Hailuo-02'), { resolution: '512P', duration: 10 }, '512P 10s'],
    [shipped('MiniMax-Hailuo-02'), { last_frame_image: png }, '768P 6s'],
    [shipped('MiniMax-Hailuo-02'), { ...first, last_frame_image: png, resolution: '1080P' }, '1080P 6s'],
    [ownModel('T2V-01', '720P 6s'), {}, '720P 6s'],
    [ownModel('S2V-01', '720P 6s'), { subject_reference: [{ image: [png] }] }, '720P 6s'],
    [ownModel('own', ''), { resolution: '1080P', duration: 10 }, ''],
    [ownModel('own', '512P 6s', ''), {}, '512P 6s'],
    [ownModel('own', '512P 6s', ''), { duration: 10 }, ''],
    [ownModel('own', '512P 6s'), { last_frame_image: png }, '512P 6s'],
  ]
  for (const [model, fields, variant] of variants) {
    test(`${model.id} ${JSON.stringify(fields)}: "${variant}"`, () =>
      assert.equal(variantOf(model, readVideo({ ...least, ...fields })), variant))
  }

  const refused: [Model, JsonObject, string][] = [
    [
      shipped(hailuo),
      { resolution: '1080P', duration: 10 },
      `resolution, duration: must be 768P 6s, 768P 10s or 1080P 6s with ${hailuo}, got "1080P 10s"`,
    ],
    [
      shipped(hailuo),
      { resolution: '720P' },
      `resolution, duration: must be 768P 6s, 768P 10s or 1080P 6s with ${hailuo}, got "720P 6s"`,
    ],
    [
      ownModel('T2V-01', '720P 6s'),
      { duration: 10 },
      'resolution, duration: must be 720P 6s with T2V-01, got "720P 10s"',
    ],
    [
      ownModel('T2V-01-Director', '720P 6s'),
      { last_frame_image: png },
      `last_frame_image: must be left out with T2V-01-Director, got "${png}"`,
    ],
    [shipped(`${hailuo}-Fast`), {}, `first_frame_image: missing, must be given with ${hailuo}-Fast`],
    [
      shipped(`${hailuo}-Fast`),
      { ...first, last_frame_image: png },
      `last_frame_image: must be left out with ${hailuo}-Fast, got "${png}"`,
    ],
    [
      shipped(hailuo),
      { ...first, last_frame_image: png },
      `last_frame_image: must be left out with ${hailuo}, got "${png}"`,
    ],
    [ownModel('I2V-01-live', '720P 6s'), {}, 'first_frame_image: missing, must be given with I2V-01-live'],
    [ownModel('S2V-01', '720P 6s'), first, 'subject_reference: missing, must be given with S2V-01'],
  ]
  for (const [model, fields, sentence] of refused) {
    test(`${model.id} refuses ${JSON.stringify(fields)}`, () => {
      const request = readVideo({ ...least, ...fields })
      assert.equal(
        refusalOf(() => variantOf(model, request)),
        sentence,
      )
    })
  }

  test('models the price list lacks are not in the shipped catalogue', () => {
    for (const id of ['T2V-01', 'T2V-01-Director', 'I2V-01', 'I2V-01-Director', 'I2V-01-live', 'S2V-01'])
      assert.equal(findModel(catalogue, id), undefined, id)
  })
})

describe('the status of a video', () => {
  const nothing = { code: 0, message: '', fileId: null, width: null, height: null }

  test('all of it', () => {
    const base_resp = { status_code: 0, status_msg: 'success' }
    const size = { video_width: 1366, video_height: 768 }
    assert.deepEqual(readVideoStatus({ task_id: '1', status: 'Success', file_id: '2', ...size, base_resp }), {
      status: 'Success',
      fileId: '2',
      width: 1366,
      height: 768,
      code: 0,
      message: 'success',
    })
  })

  for (const status of ['Preparing', 'Queueing', 'Processing', 'Success', 'Fail'] as const) {
    test(status, () => assert.deepEqual(readVideoStatus({ status, file_id: '' }), { ...nothing, status }))
  }

  test('the words of callbacks, and those nobody knows', () => {
    const statusOf = (status: unknown) => readVideoStatus({ status }).status
    assert.deepEqual(['success', 'failed', 'processing'].map(statusOf), ['Success', 'Fail', 'Processing'])
    assert.deepEqual(['Dreaming', '', null, 7].map(statusOf), Array(4).fill('Processing'))
    assert.deepEqual(readVideoStatus(null), { ...nothing, status: 'Processing' })
  })

  test('a refused picture, and a file id that is a number', () => {
    const base_resp = { status_code: 1027, status_msg: 'output sensitive' }
    const { code, message, fileId } = readVideoStatus({
      status: 'Fail',
      file_id: 176_844_028_768_320,
      base_resp,
    })
    assert.deepEqual([code, message, fileId], [1027, 'output sensitive', '176844028768320'])
  })
})
