import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { accepts, refuses } from './refusal-under-test.ts'
import { readDeleteVoice, readGetVoice, readVoiceClone, readVoiceDesign } from './voices-request.ts'

describe('listing voices', () => {
  for (const voice_type of ['system', 'voice_cloning', 'voice_generation', 'all'] as const) {
    test(voice_type, () =>
      assert.deepEqual(readGetVoice({ voice_type }), { voiceType: voice_type, body: { voice_type } }),
    )
  }
  refuses(readGetVoice, {}, [
    [{}, 'voice_type: missing, must be system, voice_cloning, voice_generation or all'],
    [
      { voice_type: 'mine' },
      'voice_type: must be system, voice_cloning, voice_generation or all, got "mine"',
    ],
  ])
})

describe('deleting a voice', () => {
  const body = { voice_type: 'voice_cloning', voice_id: 'x' }
  test('names it', () =>
    assert.deepEqual(readDeleteVoice(body), { voiceType: 'voice_cloning', voiceId: 'x', body }))
  refuses(readDeleteVoice, body, [
    [{ voice_type: 'system' }, 'voice_type: must be voice_cloning or voice_generation, got "system"'],
    [{ voice_id: '' }, 'voice_id: must be the id of a voice, got ""'],
    [{ voice_id: null }, 'voice_id: missing, must be the id of a voice'],
  ])
})

describe('cloning a voice', () => {
  const least = { file_id: 205_258_526_306_433, voice_id: 'MyVoice1' }

  test('what the gateway needs to know', () => {
    const demo = { text: '你好!', model: 'speech-02-hd' }
    const body = { ...least, clone_prompt: { prompt_audio: 7, prompt_text: 'Hi' }, ...demo, unknown: 1 }
    assert.deepEqual(readVoiceClone(body), {
      model: 'voice-clone',
      variant: '',
      units: 1,
      divisible: false,
      stream: false,
      body,
      voiceId: 'MyVoice1',
      fileId: 205_258_526_306_433,
      promptFileId: 7,
      demo: { model: 'speech-02-hd', units: 5 },
    })
    const { demo: none, promptFileId } = readVoiceClone(least)
    assert.deepEqual([none, promptFileId], [null, null])
  })

  accepts(readVoiceClone, least, [
    { voice_id: 'a-b_c-d9' },
    { voice_id: `a${'_'.repeat(254)}Z` },
    { text: null, model: null, clone_prompt: null },
    { text: '', clone_prompt: {} },
    { model: 'speech-02-hd' },
    { text: 'x'.repeat(1_000), model: 'speech-2.8-hd', language_boost: 'auto' },
    { text_validation: 'x'.repeat(200), accuracy: 0.7, need_noise_reduction: true },
    { need_volume_normalization: false, aigc_watermark: true },
  ])

  const voice =
    'voice_id: must be 8 to 256 letters, digits, - or _, beginning with a letter and ending with a letter or a digit, got'
  refuses(readVoiceClone, least, [
    [{ file_id: undefined }, 'file_id: missing, must be the number of a file'],
    [{ file_id: '7' }, 'file_id: must be the number of a file, got "7"'],
    [{ file_id: 1.5 }, 'file_id: must be the number of a file, got 1.5'],
    [{ file_id: -1 }, 'file_id: must be the number of a file, got -1'],
    [{ voice_id: 'MyVoice' }, `${voice} "MyVoice"`],
    [{ voice_id: '1MyVoice' }, `${voice} "1MyVoice"`],
    [{ voice_id: 'MyVoice-' }, `${voice} "MyVoice-"`],
    [{ voice_id: 'MyVoice_' }, `${voice} "MyVoice_"`],
    [{ voice_id: 'My Voice' }, `${voice} "My Voice"`],
    [{ voice_id: 'MyVoice1\n' }, `${voice} "MyVoice1\\n"`],
    [{ voice_id: 'x'.repeat(257) }, `${voice} "${'x'.repeat(100)}"… (257 characters)`],
    [{ text: 'Hi' }, 'model: missing, must be the id of a model where text is given'],
    [{ text: 'x'.repeat(1_001), model: 'm' }, 'text: must be at most 1,000 characters, got 1,001'],
    [{ text_validation: 'x'.repeat(201) }, 'text_validation: must be at most 200 characters, got 201'],
    [{ accuracy: 1.1 }, 'accuracy: must be a number from 0 to 1, got 1.1'],
    [
      { clone_prompt: { prompt_audio: 'a' } },
      'clone_prompt.prompt_audio: must be the number of a file, got "a"',
    ],
  ])
})

describe('designing a voice', () => {
  const least = { prompt: 'A warm narrator', preview_text: '你好' }

  test('what the gateway needs to know', () => {
    const request = { model: 'voice-design', variant: '', units: 1, divisible: false, stream: false }
    const voice = { voiceId: null, previewUnits: 4 }
    assert.deepEqual(readVoiceDesign(least), { ...request, body: least, ...voice })
    const idOf = (voice_id: unknown) => readVoiceDesign({ ...least, voice_id }).voiceId
    assert.deepEqual(['mine-and-ours', '', null].map(idOf), ['mine-and-ours', null, null])
  })

  accepts(readVoiceDesign, least, [{ preview_text: 'x'.repeat(500) }])
  refuses(readVoiceDesign, least, [
    [{ prompt: '' }, 'prompt: must be a text, got ""'],
    [{ preview_text: undefined }, 'preview_text: missing, must be a text of 1 to 500 characters'],
    [{ preview_text: 'x'.repeat(501) }, 'preview_text: must be 1 to 500 characters, got 501'],
    [
      { voice_id: 'my voice/..' },
      'voice_id: must be 8 to 256 letters, digits, - or _, beginning with a letter and ending with a letter or a digit, got "my voice/.."',
    ],
  ])
})
