import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MEGABYTE } from './picture-field.ts'
import { accepts, refuses } from './refusal-under-test.ts'
import { readSearch, readVision } from './tool-request.ts'

const once = { variant: '', units: 1, divisible: false, stream: false }

describe('the search', () => {
  test('goes by an id of ours', () => {
    const body = { q: 'weather', unknown: 'kept' }
    assert.deepEqual(readSearch(body), { model: 'coding-plan-search', ...once, body })
  })
  accepts(readSearch, {}, [{ q: 'x' }, { q: '😀'.repeat(2_000) }])
  refuses(readSearch, {}, [
    [{}, 'q: missing, must be a text of 1 to 2,000 characters'],
    [{ q: '' }, 'q: must be 1 to 2,000 characters, got 0'],
    [{ q: 'x'.repeat(2_001) }, 'q: must be 1 to 2,000 characters, got 2,001'],
    [{ q: ['weather'] }, 'q: must be a text of 1 to 2,000 characters, got a list of 1'],
  ])
})

describe('image understanding', () => {
  const least = { prompt: 'Describe the image.' }
  const image_url = 'data:image/jpeg;base64,/9j/'
  const sized = (bytes: number) => `data:image/webp;base64,${Buffer.alloc(bytes).toString('base64')}`
  const data = 'a data URL of a jpeg, png or webp picture of at most 20 MB'
  const either = 'image_url or file_id'

  test('goes by an id of ours', () => {
    const body = { ...least, image_url }
    assert.deepEqual(readVision(body), { model: 'coding-plan-vlm', ...once, body })
  })

  accepts(readVision, least, [
    { image_url: sized(20 * MEGABYTE), file_id: null },
    { file_id: '205258526306433' },
    { image_url, file_id: '' },
    { file_id: 205_258_526_306_433, image_url: null },
  ])
  refuses(readVision, least, [
    [{ image_url, prompt: undefined }, 'prompt: missing, must be a text'],
    [{ image_url, prompt: '' }, 'prompt: must be a text, got ""'],
    [{}, `${either}: missing, must be given, one of them alone`],
    [{ image_url, file_id: '7' }, `${either}: must be given, one of them alone, got "image_url, file_id"`],
    [
      { image_url: 'https://host/cat.png' },
      'invalid image URL, image_url: must be a data URL, got "https://host/cat.png"',
    ],
    [{ image_url: 'cat.png' }, `image_url: must be ${data}, got "cat.png"`],
    [
      { image_url: 'data:image/gif;base64,AAAA' },
      `image_url: must be ${data}, got "data:image/gif;base64,AAAA"`,
    ],
    [
      { image_url: sized(20 * MEGABYTE + 1) },
      `image_url: must be ${data}, got "data:image/webp;base64,${'A'.repeat(77)}"… (27,962,051 characters)`,
    ],
    [{ image_url: 7 }, 'image_url: must be a text, got 7'],
    [{ file_id: [7] }, 'file_id: must be the number of a file, got a list of 1'],
    [{ file_id: 'file-7' }, 'file_id: must be the number of a file, got "file-7"'],
  ])
})
