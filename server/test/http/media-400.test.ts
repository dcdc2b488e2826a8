import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { openWorld } from '../harness.ts'
import { askingFor, type KindName, kindNames, kinds } from '../media-samples.ts'
import { made, mediaTruth, nothingTaken } from '../media-truth.ts'
import { assertLogsAreClean, assertRefused } from './refused.ts'

/** The caller's mistakes: 2013, which names the field; nothing is held, no engine is asked. */
const world = await openWorld()
after(() => world.close())
beforeEach(() => world.upstream.forget())
const team = await world.team({ plan: 'max', credits: 1e9, wallet: 1e9 })
const before = await mediaTruth(world, team)

const long = (characters: number) => 'x'.repeat(characters)
const png = (bytes: number) => `data:image/png;base64,${Buffer.alloc(bytes).toString('base64')}`
const MB = 1024 * 1024

/** Changes of a right body, and the field that the refusal names. */
const wrong: Readonly<Record<KindName, readonly (readonly [object, string])[]>> = {
  speech: [
    [{ text: '' }, 'text'],
    [{ text: long(10_000) }, 'text'],
    [{ text: 7 }, 'text'],
    [{ text: ['a'] }, 'text'],
    [{ stream: 'yes' }, 'stream'],
    [{ stream: true, output_format: 'url' }, 'output_format'],
    [{ output_format: 'base64' }, 'output_format'],
    [{ voice_setting: { speed: 2.01 } }, 'voice_setting.speed'],
    [{ voice_setting: { vol: 0 } }, 'voice_setting.vol'],
    [{ voice_setting: { pitch: 0.5 } }, 'voice_setting.pitch'],
    [{ voice_setting: { emotion: 'bored' } }, 'voice_setting.emotion'],
    [{ audio_setting: { sample_rate: 48_000 } }, 'audio_setting.sample_rate'],
    [{ audio_setting: { bitrate: '128000' } }, 'audio_setting.bitrate'],
    [{ audio_setting: { format: 'aac' } }, 'audio_setting.format'],
    [{ audio_setting: { channel: 3 } }, 'audio_setting.channel'],
    [{ timbre_weights: [{ voice_id: 'a', weight: 0 }] }, 'timbre_weights[0].weight'],
    [{ voice_modify: { pitch: 101 } }, 'voice_modify.pitch'],
    [{ subtitle_type: 'line' }, 'subtitle_type'],
  ],
  images: [
    [{ prompt: '' }, 'prompt'],
    [{ prompt: long(1_501) }, 'prompt'],
    [{ n: 0 }, 'n'],
    [{ n: 10 }, 'n'],
    [{ n: 1.5 }, 'n'],
    [{ n: '3' }, 'n'],
    [{ n: -1 }, 'n'],
    [{ n: 1e300 }, 'n'],
    [{ aspect_ratio: '5:4' }, 'aspect_ratio'],
    [{ width: 504, height: 512 }, 'width'],
    [{ width: 512, height: 2_056 }, 'height'],
    [{ width: 1_028, height: 1_025 }, 'width'],
    [{ width: 1_024 }, 'height'],
    [{ response_format: 'b64_json' }, 'response_format'],
    [{ seed: 'x' }, 'seed'],
    [{ prompt_optimizer: 1 }, 'prompt_optimizer'],
    [{ subject_reference: [{ image_file: 'file:///etc/passwd' }] }, 'subject_reference[0].image_file'],
    [{ subject_reference: [{ image_file: png(10 * MB + 1) }] }, 'subject_reference[0].image_file'],
  ],
  song: [
    [{ lyrics: '' }, 'lyrics'],
    [{ lyrics: long(3_501) }, 'lyrics'],
    [{ prompt: long(2_001) }, 'prompt'],
    [{ prompt: '', is_instrumental: true }, 'prompt'],
    [{ stream: true, output_format: 'url' }, 'output_format'],
    [{ audio_setting: { sample_rate: 22_050 } }, 'audio_setting.sample_rate'],
    [{ audio_setting: { format: 'flac' } }, 'audio_setting.format'],
    [{ lyrics_optimizer: 'no' }, 'lyrics_optimizer'],
    [{ model: 'lyrics_generation' }, 'model'],
    [{ model: 'music-cover-preprocess' }, 'model'],
  ],
  cover: [
    [{ prompt: long(9) }, 'prompt'],
    [{ prompt: long(301) }, 'prompt'],
    [{ lyrics: long(9) }, 'lyrics'],
    [{ lyrics: long(1_001) }, 'lyrics'],
    [{ audio_url: 'ftp://songs.example/a' }, 'audio_url'],
    [{ audio_base64: 'AAAA' }, 'audio_url, audio_base64 or cover_feature_id'],
    [{ cover_feature_id: 'a' }, 'audio_url, audio_base64 or cover_feature_id'],
    [{ audio_url: undefined }, 'audio_url, audio_base64 or cover_feature_id'],
  ],
  preprocess: [
    [{ audio_base64: 'AAAA' }, 'audio_url or audio_base64'],
    [{ audio_url: undefined }, 'audio_url or audio_base64'],
    [{ audio_url: 'no address' }, 'audio_url'],
    [{ model: 7 }, 'model'],
  ],
  lyrics: [
    [{ mode: 'write' }, 'mode'],
    [{ mode: undefined }, 'mode'],
    [{ prompt: long(2_001) }, 'prompt'],
    [{ lyrics: long(3_501) }, 'lyrics'],
    [{ title: 7 }, 'title'],
  ],
  search: [
    [{ q: '' }, 'q'],
    [{ q: undefined }, 'q'],
    [{ q: long(2_001) }, 'q'],
    [{ q: ['a'] }, 'q'],
  ],
  vision: [
    [{ prompt: '' }, 'prompt'],
    [{ image_url: 'https://pictures.example/a.png' }, 'invalid image URL, image_url'],
    [{ image_url: 'data:image/gif;base64,AAAA' }, 'image_url'],
    [{ image_url: 'data:image/png;base64,' }, 'image_url'],
    [{ image_url: png(20 * MB + 1) }, 'image_url'],
    [{ image_url: undefined }, 'image_url or file_id'],
    [{ file_id: 7 }, 'image_url or file_id'],
    [{ image_url: undefined, file_id: -1 }, 'file_id'],
    [{ image_url: undefined, file_id: 1.5 }, 'file_id'],
  ],
}

for (const kind of kindNames) {
  const { path, least } = kinds[kind]

  test(`${kind}: each wrong field is named, and nothing else happens`, async () => {
    for (const [more, field] of wrong[kind]) {
      for (const key of [team.planKey, team.apiKey]) {
        const answer = await made(world, key, kind, more)
        assertRefused(answer, 'native', { status: 400, code: 2013 })
        const { status_msg: says } = JSON.parse(answer.text).base_resp
        assert.ok(
          says.startsWith(`invalid params: ${field}: `),
          `${JSON.stringify(more).slice(0, 99)}: ${says}`,
        )
        assert.ok(says.length < 600, 'a refusal is no place for a whole prompt')
      }
    }
    assert.equal(world.upstream.received.length, 0, 'the engine was not asked')
    await nothingTaken(world, team, before)
  })

  test(`${kind}: every field that is needed, missing, null, of another type`, async () => {
    for (const field of Object.keys(least)) {
      // Instead of an address other fields will do, and the preprocessing knows its model.
      const isNeeded =
        !(kind === 'preprocess' && field === 'model') && !(kind === 'lyrics' && field === 'prompt')
      const isOptional = (kind === 'song' && field === 'prompt') || !isNeeded
      for (const value of isOptional ? [7, {}, []] : [undefined, null, 7, {}, []]) {
        const answer = await made(world, team.planKey, kind, { [field]: value })
        assertRefused(answer, 'native', { status: 400, code: 2013, says: field })
      }
    }
    await nothingTaken(world, team, before)
  })

  test(`${kind}: what is not one JSON object`, async () => {
    const text = JSON.stringify(askingFor(kind))
    const broken = [
      '',
      ' ',
      'null',
      '[]',
      '"text"',
      '7',
      '{',
      text.slice(0, -1),
      `${text}}`,
      `[${text}]`,
      '{"a":}',
    ]
    for (const body of [...broken, Buffer.from([0x7b, 0xff, 0xfe]), `model=${kind}`]) {
      const answer = await world.call(path, { key: team.planKey, body })
      const says = /the body is not a JSON object/
      assertRefused(answer, 'native', { status: 400, code: 2013, says })
    }
    assert.equal(world.upstream.received.length, 0)
    await nothingTaken(world, team, before)
  })

  test(`${kind}: a field that stands twice is refused, for one of them is what is billed`, async () => {
    for (const field of Object.keys(least)) {
      const text = JSON.stringify(askingFor(kind))
      const twice = text.replace('{', `{${JSON.stringify(field)}:${JSON.stringify(least[field as never])},`)
      // An escape in a name does not hide it.
      const hidden = twice.replace(
        `{"${field}"`,
        `{"\\u${field.charCodeAt(0).toString(16).padStart(4, '0')}${field.slice(1)}"`,
      )
      for (const body of [twice, hidden]) {
        const answer = await world.call(path, { key: team.planKey, body })
        assertRefused(answer, 'native', { status: 400, code: 2013, says: field })
      }
    }
    await nothingTaken(world, team, before)
  })

  test(`${kind}: nested more deeply than it can be written`, async () => {
    const text = JSON.stringify(askingFor(kind))
    const deep = '['.repeat(200_000) + ']'.repeat(200_000)
    const body = text.replace('{', `{"unknown":${deep},`)
    const answer = await world.call(path, { key: team.planKey, body })
    assertRefused(answer, 'native', { status: 400, code: 2013, says: 'nested too deeply' })
    assert.equal(world.upstream.received.length, 0)
    await nothingTaken(world, team, before)
  })

  test(`${kind}: GET is another method`, async () => {
    const answer = await world.call(path, { key: team.planKey })
    assertRefused(answer, 'native', { status: 405, code: 2013 })
    assert.equal(answer.headers.allow, 'POST')
  })
}

const models: readonly (readonly [KindName, string, RegExp])[] = [
  ['speech', 'speech-9-hd', /unknown model: "speech-9-hd"/],
  ['speech', 'image-01', /unknown model: "image-01" is not a model for speech/],
  ['speech', 'MiniMax-M2.7', /is not a model for speech/],
  ['speech', 'voice-clone', /is not a model for speech/],
  ['images', 'speech-2.8-hd', /is not a model for image/],
  ['images', 'MiniMax-Hailuo-2.3', /is not a model for image/],
  ['song', 'image-01', /is not a model for music/],
  ['song', 'music-9', /unknown model: "music-9"/],
  ['preprocess', 'speech-2.8-hd', /is not a model for music/],
]
for (const [kind, model, says] of models) {
  test(`${kind} of ${model}: no such model, or none for this`, async () => {
    for (const key of [team.planKey, team.apiKey]) {
      const answer = await made(world, key, kind, { model })
      assertRefused(answer, 'native', { status: 404, code: 2013, says })
    }
    assert.equal(world.upstream.received.length, 0)
    await nothingTaken(world, team, before)
  })
}

test('the endpoints that take no model pass over one', async () => {
  const fresh = await world.team({ plan: 'max' })
  for (const kind of ['lyrics', 'search', 'vision'] as const) {
    const answer = await made(world, fresh.planKey, kind, { model: 'image-01' })
    assert.equal(answer.headers['tokenplan-pool'], 'plan', answer.text)
  }
  const { lyrics, search, vision } = (await mediaTruth(world, fresh)).used
  assert.deepEqual([lyrics, search, vision], [1, 1, 1])
})

test('none of this is an error of the server', () => {
  assert.deepEqual(world.logs, [])
  assertLogsAreClean(world, team.planKey, team.apiKey)
})
