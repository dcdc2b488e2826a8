import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { after } from 'node:test'
import { ConfigFault, databaseUrlOf, readConfig } from './config.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'tokenplan-config-'))
after(() => rmSync(folder, { recursive: true }))

function yaml(text: string): string {
  const file = path.join(folder, 'tokenplan.yaml')
  writeFileSync(file, text)
  return file
}

const engine = 'upstreams:\n  - { name: vllm, url: "http://10.0.0.5:8000" }\n'

test('without any setting: loopback, port 8787, the clone’s own folders, no upstream', () => {
  const config = readConfig({})
  assert.deepEqual([config.host, config.port, config.publicUrl], ['127.0.0.1', 8787, 'http://localhost:8787'])
  assert.equal(path.basename(config.dataFolder), 'data')
  assert.ok(path.isAbsolute(config.dataFolder))
  assert.ok(existsSync(config.catalogueFile))
  assert.deepEqual([config.secret, config.upstreams, config.sandboxPort], [undefined, [], 0])
  assert.deepEqual([config.namedUrl, config.mediaBucket], [undefined, undefined])
})

test('the environment wins over the file, the file over the defaults', () => {
  const file = yaml('publicUrl: https://plans.example/\ndata: from-file\ncatalogue: own.yaml\n')
  const fromFile = readConfig({ TOKENPLAN_CONFIG: file })
  assert.equal(fromFile.publicUrl, 'https://plans.example')
  assert.equal(fromFile.dataFolder, path.resolve('from-file'))
  assert.equal(fromFile.catalogueFile, path.join(folder, 'own.yaml'), 'beside the file that names it')
  const both = readConfig({
    TOKENPLAN_CONFIG: file,
    TOKENPLAN_PUBLIC_URL: 'https://other.example//',
    TOKENPLAN_DATA: '/srv/data',
    TOKENPLAN_CATALOGUE: '/srv/plans.yaml',
    HOST: '::',
    PORT: '80',
  })
  assert.deepEqual(
    [both.publicUrl, both.dataFolder, both.catalogueFile, both.host, both.port],
    ['https://other.example', '/srv/data', '/srv/plans.yaml', '::', 80],
  )
})

test('the public address is one that a browser can open', () => {
  for (const [HOST, url] of [
    ['127.0.0.1', 'http://localhost:9000'],
    ['0.0.0.0', 'http://localhost:9000'],
    ['::', 'http://localhost:9000'],
    ['192.168.1.5', 'http://192.168.1.5:9000'],
    ['plans.example', 'http://plans.example:9000'],
  ] as const) {
    assert.equal(readConfig({ HOST, PORT: '9000' }).publicUrl, url)
  }
})

test('numbers that are none are refused by name', () => {
  for (const PORT of ['', '-1', '65536', '1.5', 'http', ' 80', '0x50']) {
    assert.throws(
      () => readConfig({ PORT }),
      (error) => error instanceof ConfigFault && error.message.startsWith('PORT: '),
      PORT,
    )
  }
})

test('one upstream by the short form, with the words of the environment', () => {
  const [upstream, ...others] = readConfig({
    TOKENPLAN_CONFIG: yaml(engine),
    TOKENPLAN_UPSTREAM: 'http://127.0.0.1:11434',
    TOKENPLAN_UPSTREAM_KEY: 'k',
    TOKENPLAN_UPSTREAM_MODEL: 'llama3',
    TOKENPLAN_UPSTREAM_DIALECTS: 'openai-chat, anthropic',
  }).upstreams
  assert.equal(others.length, 0, 'it takes the place of the file’s')
  assert.deepEqual(
    [upstream?.url, upstream?.kind, upstream?.key, upstream?.model, upstream?.dialects],
    ['http://127.0.0.1:11434', 'openai', 'k', 'llama3', ['openai-chat', 'anthropic']],
  )
})

test('the sandbox stands behind what the configured engines leave', () => {
  const short = { TOKENPLAN_UPSTREAM: 'http://127.0.0.1:11434' }
  assert.equal(readConfig({}).sandbox, 'all')
  assert.equal(readConfig(short).sandbox, 'media')
  assert.equal(readConfig({ ...short, TOKENPLAN_UPSTREAM_KIND: 'anthropic' }).sandbox, 'media')
  assert.equal(readConfig({ ...short, TOKENPLAN_UPSTREAM_KIND: 'minimax' }).sandbox, 'none')
  assert.equal(readConfig({ TOKENPLAN_CONFIG: yaml(engine) }).sandbox, 'none')
})

test('the full form names its engines, and keys come from the environment or a file', () => {
  writeFileSync(path.join(folder, 'key'), ' from-file \n')
  const file = yaml(`upstreams:
  - { url: "http://a:1" }
  - { name: b, kind: anthropic, url: "https://b", keyEnv: B_KEY, model: m, models: { one: two }, retries: 2, timeouts: { header: 5 } }
  - { name: c, url: "https://c", keyFile: "${folder}/key", dialects: [anthropic], onClientGone: drain }
`)
  const [a, b, c] = readConfig({ TOKENPLAN_CONFIG: file, B_KEY: 'secret-b' }).upstreams
  assert.deepEqual([a?.name, a?.kind, a?.key, a?.models], ['a:1', 'openai', undefined, {}])
  assert.deepEqual(
    [b?.key, b?.model, b?.models, b?.retries, b?.timeouts],
    ['secret-b', 'm', { one: 'two' }, 2, { header: 5 }],
  )
  assert.deepEqual([c?.key, c?.dialects, c?.onClientGone], ['from-file', ['anthropic'], 'drain'])
  assert.throws(
    () => readConfig({ TOKENPLAN_CONFIG: file }),
    /upstreams\[1\]\.keyEnv: the environment has no B_KEY/,
  )
})

test('files go to a bucket where one is named, in the environment or in the file', () => {
  const keys = { TOKENPLAN_MEDIA_KEY_ID: 'id', TOKENPLAN_MEDIA_SECRET: 'secret' }
  const short = readConfig({ TOKENPLAN_MEDIA: 'https://s3.example:9000/files/', ...keys }).mediaBucket
  const bucket = { endpoint: 'https://s3.example:9000', bucket: 'files', region: 'us-east-1' }
  assert.deepEqual(short, { ...bucket, keyId: 'id', secret: 'secret' })
  const named = 'endpoint: "https://s3.example:9000/", bucket: files, region: eu-1'
  const file = yaml(`media: { ${named}, keyIdEnv: ID, secretEnv: SECRET }`)
  const full = readConfig({ TOKENPLAN_CONFIG: file, ID: 'a', SECRET: 'b' }).mediaBucket
  assert.deepEqual(full, { ...bucket, region: 'eu-1', keyId: 'a', secret: 'b' })
  const both = readConfig({ TOKENPLAN_CONFIG: file, TOKENPLAN_MEDIA: 'http://minio/other', ...keys })
  assert.equal(both.mediaBucket?.endpoint, 'http://minio')
  assert.throws(() => readConfig({ TOKENPLAN_CONFIG: file, ID: 'a' }), /media: the environment lacks/)
  for (const [TOKENPLAN_MEDIA, message] of [
    ['s3://files', /the endpoint must be an http or https URL/],
    ['https://s3.example', /names no bucket, got ""/],
    ['https://s3.example/files/folder', /names no bucket, got "files\/folder"/],
  ] as const)
    assert.throws(() => readConfig({ TOKENPLAN_MEDIA, ...keys }), message)
})

test('what cannot be meant is refused, and the place is named', () => {
  for (const [text, message] of [
    ['upstreams: 5', /upstreams: must be a list/],
    ['upstreams: [7]', /upstreams\[0\]: must be a mapping/],
    ['upstreams: [{ name: x }]', /upstreams\[0\]\.url: must be an http or https URL, got null/],
    ['upstreams: [{ url: "ftp://x" }]', /upstreams\[0\]\.url: must be an http or https URL/],
    ['upstreams: [{ url: "http://x", retrys: 1 }]', /upstreams\[0\]\.retrys: unknown field \(known: name, /],
    ['upstreams: [{ url: "http://x", retries: -1 }]', /upstreams\[0\]\.retries: must be a whole number/],
    ['upstreams: [{ url: "http://x", keyFile: /nowhere/key }]', /\/nowhere\/key: /],
    ['data: 5', /data: must be text/],
    ['publicUrl: plan.example', /publicUrl: must be an http or https URL/],
    ['media: { buckets: x }', /media\.buckets: unknown field \(known: endpoint, /],
    ['- a list', /must be a mapping/],
    ['a: [', /tokenplan\.yaml: /],
  ] as const) {
    assert.throws(
      () => readConfig({ TOKENPLAN_CONFIG: yaml(text) }),
      (error) => error instanceof ConfigFault && message.test(error.message),
      text,
    )
  }
  assert.throws(() => readConfig({ TOKENPLAN_CONFIG: '/nowhere.yaml' }), ConfigFault)
})

test('a Postgres URL is kept, and an empty one is none', () => {
  assert.equal(readConfig({ DATABASE_URL: 'postgres://h/books' }).databaseUrl, 'postgres://h/books')
  assert.equal(readConfig({ DATABASE_URL: '' }).databaseUrl, undefined)
})

test('the URL of a database is taken as it is, or said to be wrong without its password', () => {
  for (const url of [
    'postgres://h/books',
    'postgresql://app:a%20p%40ss%2Fword@h:5432/books?sslmode=verify-full',
    'postgres://app@[::1]:5433/books',
    'postgres:///books?host=/run/postgresql',
    'postgres://app@/books?host=/run/postgresql',
  ])
    assert.equal(databaseUrlOf(url), url)
  assert.equal(databaseUrlOf(undefined), undefined)
  assert.equal(databaseUrlOf(''), undefined)
  for (const [url, says] of [
    ['mysql://app:sesame@h/books', /^DATABASE_URL: must begin with postgres:\/\/, got mysql:\. Without it/],
    ['sesame', /^DATABASE_URL: must begin with postgres:\/\/\. Without it/],
    ['postgres://app:sesame#1@h/books', /%23 for a #/],
    ['postgres://app:sesame/1@h/books', /%2F for a \//],
    ['postgres://app:sesame%@h/books', /%25 for a %/],
    ['postgres://app:sesame@h', /must be postgres:\/\/user:password@host:port\/database/],
    ['postgres://app:sesame@h:99999/books', /must be postgres:/],
    ['postgres:sesame', /must be postgres:/],
  ] as const) {
    assert.throws(
      () => readConfig({ DATABASE_URL: url }),
      (error) => error instanceof ConfigFault && says.test(error.message) && !/sesame|\n/.test(error.message),
      url,
    )
  }
})
