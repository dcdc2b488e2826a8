import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Fault } from '../faults.ts'
import { anyText, fields, listOf, optional, readFields, textOf, webUrl, wholeIn } from './body-fields.ts'
import { MEGABYTE, picture } from './picture-field.ts'
import { accepts, refuses } from './refusal-under-test.ts'

const small = { kinds: ['jpeg', 'png'], mostBytes: 3 * MEGABYTE } as const
const schema = fields({
  model: anyText,
  text: optional(textOf(1, 3)),
  title: optional(textOf(2, 3)),
  pitch: optional(wholeIn(-12, 12)),
  voices: optional(listOf(fields({ weight: wholeIn(1, 100) }), 2, 'voice')),
  url: optional(webUrl),
  image: optional(picture({ ...small, orUrl: true })),
  data: optional(picture({ ...small, orUrl: false })),
})
const read = (body: unknown) => readFields(schema, body)
const least = { model: 'm' }
const dataUrl = (kind: string, bytes: number) =>
  `data:image/${kind};base64,${Buffer.alloc(bytes).toString('base64')}`

describe('the fields of a body', () => {
  for (const body of [undefined, null, 1, 'text', [], [{ model: 'm' }]]) {
    test(`${JSON.stringify(body)} is no object`, () => {
      const broken = (fault: unknown) => fault instanceof Fault && fault.kind === 'body_broken'
      assert.throws(() => read(body), broken)
    })
  }

  accepts(read, least, [
    { text: null, pitch: null, voices: null, url: null, image: null },
    { unknown: { deep: [1] }, voices: [{ weight: 1, unknown: true }] },
    { text: '😀😀😀' },
    { url: 'HTTP://host:8787/path?query=1' },
    { image: 'https://host/picture' },
    { image: dataUrl('png', 1), data: dataUrl('JPG', 3 * MEGABYTE) },
    { data: `data:image/jpeg;charset=utf-8;base64,AAAA` },
  ])

  const link = 'an http(s) URL'
  const data = 'a data URL of a jpeg or png picture of at most 3 MB'
  refuses(read, least, [
    [{ model: undefined }, 'model: missing, must be a text'],
    [{ model: null }, 'model: missing, must be a text'],
    [{ model: ['m', 'n'] }, 'model: must be a text, got a list of 2'],
    [{ model: {} }, 'model: must be a text, got an object'],
    [{ text: '' }, 'text: must be 1 to 3 characters, got 0'],
    [{ text: '😀😀😀😀' }, 'text: must be 1 to 3 characters, got 4'],
    [{ text: 'x'.repeat(12_345) }, 'text: must be 1 to 3 characters, got 12,345'],
    [{ title: '😀' }, 'title: must be 2 to 3 characters, got 1'],
    [{ text: 7 }, 'text: must be a text of 1 to 3 characters, got 7'],
    [{ pitch: 12.5 }, 'pitch: must be a whole number from -12 to 12, got 12.5'],
    [{ pitch: '3' }, 'pitch: must be a whole number from -12 to 12, got "3"'],
    [{ pitch: Number.POSITIVE_INFINITY }, 'pitch: must be a whole number from -12 to 12, got Infinity'],
    [{ voices: [] }, 'voices: must be a list of 1 to 2 voices, got a list of 0'],
    [{ voices: [1] }, 'voices[0]: must be an object, got 1'],
    [
      { voices: [{ weight: 1 }, { weight: 0 }] },
      'voices[1].weight: must be a whole number from 1 to 100, got 0',
    ],
    [{ url: 'ftp://host' }, `url: must be ${link}, got "ftp://host"`],
    [{ url: 'http://' }, `url: must be ${link}, got "http://"`],
    [{ image: 'picture.png' }, `image: must be ${link} or ${data}, got "picture.png"`],
    [{ data: 'https://host/picture' }, `data: must be ${data}, got "https://host/picture"`],
    [{ data: 'data:image/png;base64,' }, `data: must be ${data}, got "data:image/png;base64,"`],
    [{ data: 'data:image/gif;base64,AAAA' }, `data: must be ${data}, got "data:image/gif;base64,AAAA"`],
    [
      { data: dataUrl('png', 3 * MEGABYTE + 1) },
      `data: must be ${data}, got "data:image/png;base64,${'A'.repeat(78)}"… (4,194,330 characters)`,
    ],
  ])
})
