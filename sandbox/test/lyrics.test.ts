import assert from 'node:assert/strict'
import { test } from 'node:test'
import { engine } from './engine.ts'

const { post } = await engine()

async function write(body: object) {
  const answer = await post('/v1/lyrics_generation', { mode: 'write_full_song', ...body })
  assert.equal(answer.status, 200)
  return answer.json()
}

const tagsOf = (lyrics: string) => [...lyrics.matchAll(/^\[(.+)\]$/gm)].map((match) => match[1])

test('a whole song has its sections, a title and tags, and is about the prompt', async () => {
  const song = await write({ prompt: 'A happy pop song about my cat on the moon' })
  assert.deepEqual(song.base_resp, { status_code: 0, status_msg: 'success' })
  const tags = tagsOf(song.lyrics)
  for (const tag of ['Verse', 'Chorus', 'Bridge', 'Outro']) assert.ok(tags.includes(tag), tag)
  assert.ok(tags.filter((tag) => tag === 'Chorus').length >= 2)
  assert.match(song.lyrics, /\bcat\b/i)
  assert.match(song.lyrics, /\bmoon\b/i)
  assert.match(song.style_tags, /^Pop, Happy, /)
  assert.ok(song.song_title.length > 0)
  assert.ok([...song.lyrics].length <= 3_500)
  assert.doesNotMatch(song.lyrics, /[{}]|undefined/)
})

test('the same prompt gives the same song, another gives another', async () => {
  const ask = async (prompt: string) => (await write({ prompt })).lyrics
  assert.equal(await ask('rain in the city'), await ask('rain in the city'))
  assert.notEqual(await ask('rain in the city'), await ask('rain in the forest'))
})

test('a title that is given is kept and sung', async () => {
  const song = await write({ prompt: 'ballad', title: 'Winter Home' })
  assert.equal(song.song_title, 'Winter Home')
  assert.match(song.lyrics, /Winter Home/)
})

test('Chinese prompts get Chinese songs', async () => {
  const song = await write({ prompt: '关于夏天海边的快乐流行歌' })
  assert.match(song.lyrics, /\[Verse\]\n\p{Script=Han}/u)
  assert.match(song.lyrics, /海边/)
})

const SONG = '[Verse]\nThe old road bends\nThe old song ends\n\n[Chorus]\nSing it again'

test('an edit does what it is told to and leaves the rest', async () => {
  const edit = async (prompt: string) => (await write({ mode: 'edit', lyrics: SONG, prompt })).lyrics
  assert.deepEqual(tagsOf(await edit('add a bridge about stars')), ['Verse', 'Bridge', 'Chorus'])
  assert.equal(await edit('remove the chorus'), '[Verse]\nThe old road bends\nThe old song ends')
  assert.equal(await edit('replace "old" with "new"'), SONG.replaceAll('old', 'new'))
  const sadder = await edit('make the verse about my lonely dog')
  assert.match(sadder, /\bdog\b/)
  assert.ok(sadder.endsWith('[Chorus]\nSing it again'))
  assert.equal((await write({ mode: 'edit', lyrics: SONG, prompt: '' })).song_title, 'Sing it again')
})

test('wrong requests are refused with 2013 and the name of the field', async () => {
  const wrong: [string, object][] = [
    ['mode', { mode: 'sing' }],
    ['mode', { mode: undefined }],
    ['prompt', { prompt: 'p'.repeat(2_001) }],
    ['lyrics', { mode: 'edit', prompt: 'shorter' }],
    ['lyrics', { mode: 'edit', lyrics: 'l'.repeat(3_501) }],
    ['title', { title: 7 }],
  ]
  for (const [field, body] of wrong) {
    const { base_resp } = await write(body)
    assert.equal(base_resp.status_code, 2013)
    assert.ok(base_resp.status_msg.includes(field), base_resp.status_msg)
  }
  const { base_resp } = await write({ prompt: '[[error 503 busy (1013)]]' })
  assert.deepEqual(base_resp, { status_code: 1013, status_msg: 'busy' })
})
