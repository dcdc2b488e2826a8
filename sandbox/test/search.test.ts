import assert from 'node:assert/strict'
import { test } from 'node:test'
import { library } from '../src/search/library.ts'
import { stem } from '../src/search/words.ts'
import { engine } from './engine.ts'

const { post } = await engine({ key: 'secret' })

interface Answer {
  organic: { title: string; link: string; snippet: string; date: string }[]
  related_searches: { query: string }[]
  base_resp: { status_code: number; status_msg: string }
}

async function ask(body: object, key = 'secret'): Promise<Answer> {
  const answer = await post('/v1/coding_plan/search', body, { authorization: `Bearer ${key}` })
  assert.equal(answer.status, 200)
  return (await answer.json()) as Answer
}

test('every page of the library is whole, and none is there twice', () => {
  assert.ok(library.length >= 60)
  for (const { title, link, date, sentences } of library) {
    assert.ok(title.length > 1 && URL.canParse(link) && link.startsWith('https://'), title)
    assert.match(date, /^20\d\d-[01]\d-[0-3]\d$/, title)
    assert.ok(
      sentences.every((sentence) => /^\S.*[.!?]$/.test(sentence)),
      title,
    )
  }
  assert.equal(new Set(library.map(({ link }) => link)).size, library.length)
})

test('the obvious page comes first, with the sentence that matches', async () => {
  const first: [string, string, RegExp][] = [
    ['javascript array map', 'Array.prototype.map()', /new array/],
    ['what does HTTP status 429 mean?', '429 Too Many Requests', /rate limiting/],
    ['typescript generics constraint', 'TypeScript: Generics', /constraint/],
    ['capital of France', 'Paris', /capital of France/],
    ['how do I quit vim', 'Vim help', /Vim|:q!/],
    ['speed of light', 'Speed of light', /299,792,458/],
    ['undo last git commit', 'Git: Undoing things', /amend/],
    ['Model Context Protocol', 'Model Context Protocol', /MCP/],
    ['highest mountain on earth', 'Mount Everest', /highest mountain/],
  ]
  for (const [q, title, snippet] of first) {
    const { organic, base_resp } = await ask({ q })
    assert.equal(base_resp.status_code, 0)
    assert.equal(organic[0]?.title, title, q)
    assert.match(organic[0]?.snippet ?? '', snippet, q)
    assert.ok(organic.length <= 10)
    assert.deepEqual(Object.keys(organic[0] ?? {}), ['title', 'link', 'snippet', 'date'])
  }
})

test('endings do not matter', () => {
  const same = [
    ['cache', 'caches', 'cached', 'caching'],
    ['stream', 'streams', 'streaming'],
    ['query', 'queries'],
    ['run', 'running'],
  ]
  for (const [first = '', ...others] of same) {
    for (const other of others) assert.equal(stem(other), stem(first), other)
  }
})

test('where nothing is found it says so, and offers words that are near', async () => {
  const nonsense = await ask({ q: 'zzqx blorf' })
  assert.deepEqual([nonsense.organic, nonsense.related_searches], [[], []])
  const typo = await ask({ q: 'fotosynthesis' })
  assert.deepEqual(typo.organic, [])
  assert.deepEqual(typo.related_searches, [{ query: 'photosynthesis' }])
})

test('related searches are others of the same topic', async () => {
  const { organic, related_searches } = await ask({ q: 'HTTP caching header' })
  assert.ok(related_searches.length > 0 && related_searches.length <= 5)
  assert.ok(related_searches.every(({ query }) => query !== organic[0]?.title))
})

test('an empty query is 2013, a wrong key 2049, and markers are obeyed', async () => {
  for (const body of [{}, { q: '' }, { q: '  ' }, { q: 7 }]) {
    const { base_resp } = await ask(body)
    assert.equal(base_resp.status_code, 2013)
    assert.match(base_resp.status_msg, /\bq\b/)
  }
  assert.equal((await ask({ q: 'x' }, 'wrong')).base_resp.status_code, 2049)
  assert.equal((await ask({ q: '[[error 429 slow down (1002)]]' })).base_resp.status_code, 1002)
})
