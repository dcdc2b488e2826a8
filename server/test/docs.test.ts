import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Hono } from 'hono'
import { docsPages } from '../src/api/docs-pages.ts'
import { loadCatalogue } from '../src/catalogue/read.ts'
import { type FaultName, faults } from '../src/faults.ts'
import { judge, readPublicKey } from '../src/keys/signed-document.ts'
import { NANOS_PER_USD } from '../src/money.ts'
import { adapters } from '../src/upstreams/adapters.ts'

/** The users' pages, held against the code: what they name exists, and what the code has they name. */
const house = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')

type Page = { readonly file: string; readonly text: string; readonly prose: string }

const docs: readonly Page[] = readdirSync(path.join(house, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.md'))
  .map((file) => page(`docs/${file.split(path.sep).join('/')}`))
const pages = [...docs, ...['README.md', 'ARCHITECTURE.md', 'STYLE.md', 'CHANGELOG.md'].map(page)]

test('every page has one title, in its first line', () => {
  const titles = pages.map(({ file, prose }) => ({
    file,
    count: prose.match(/^# /gm)?.length,
    first: prose.startsWith('# '),
  }))
  assert.deepEqual(
    titles.filter(({ count, first }) => count !== 1 || !first),
    [],
  )
})

test('every page is served, rendered and as it is, and stands in the list of pages', async () => {
  const app = new Hono()
  docsPages(app, path.join(house, 'docs'))
  const list = await (await app.request('/docs/llms.txt')).text()
  for (const { file, text } of docs) {
    const address = `/${file.replace(/\.md$/, '')}`
    const rendered = await app.request(address)
    const title = /^# (.+)$/m.exec(text)?.[1] ?? ''
    assert.equal(rendered.status, 200, address)
    assert.ok(
      (await rendered.text()).includes(`<h1>${title.replace(/&/g, '&amp;')}</h1>`),
      `${address} has its title`,
    )
    assert.equal(await (await app.request(`${address}.md`)).text(), text)
    assert.ok(list.includes(`[${title}](${address}.md)`), `${address} is listed`)
  }
  assert.equal((await app.request('/docs/nothing-here')).status, 404)
})

test('every link leads somewhere', () => {
  const broken = pages.flatMap(({ file, prose }) =>
    linksOf(prose)
      .filter((link) => !leads(file, link))
      .map((link) => `${file}: ${link}`),
  )
  assert.deepEqual(broken, [])
})

test('every fault has a page that says its status, code and sentence, and no page is left over', () => {
  const folder = docs.filter(({ file }) => file.startsWith('docs/errors/'))
  assert.deepEqual(folder.map(({ file }) => path.basename(file, '.md')).sort(), Object.keys(faults).sort())
  const silent = folder.flatMap(({ file, text }) => {
    const name = path.basename(file, '.md') as FaultName
    const { status, code, says } = faults[name]
    const wanted = [
      `# ${name}\n`,
      `| HTTP status | ${status} |`,
      `| says | ${says} |`,
      '| charged |',
      '## What to do',
      '## What it looks like',
    ]
    if (name !== 'operator_only') wanted.push(`| code | ${code} |`)
    return wanted.filter((part) => !text.includes(part)).map((part) => `${file} lacks ${part}`)
  })
  assert.deepEqual(silent, [])
})

test('the examples of an error page are what the fault says', () => {
  const wrong = docs
    .filter(({ file }) => file.startsWith('docs/errors/'))
    .flatMap(({ file, text }) => {
      const { says } = faults[path.basename(file, '.md') as FaultName]
      return fencesOf(text, 'json')
        .filter((body) => !sentenceOf(body).startsWith(says))
        .map((body) => `${file}: ${body}`)
    })
  assert.deepEqual(wrong, [])
})

test('the example of a receipt is right by the key beside it', () => {
  const [receipt = '', key = ''] = fencesOf(page('docs/api/receipts.md').text, 'json')
  const publicKey = readPublicKey(key)
  assert.ok(publicKey, key)
  assert.equal(judge(receipt, publicKey).kind, 'right')
})

test('a curl line calls a path that exists', () => {
  const known = [...knownPaths(), '/docs/', '/account/token-plan']
  const wrong = pages.flatMap(({ file, text }) =>
    fencesOf(text, 'bash')
      .flatMap((block) => block.split('\n').filter((line) => /^\s*(\w+=\S+ )*curl\b/.test(line)))
      .filter((line) => !known.some((known) => calls(line, known)))
      .map((line) => `${file}: ${line}`),
  )
  assert.deepEqual(wrong, [])
})

test('every setting stands on its page, and nothing else does', () => {
  const config = readText('server/src/config.ts')
  const settings = page('docs/operating/settings.md').text
  const read = new Set([...config.matchAll(/\benv\.([A-Z_]+)/g)].map(([, name]) => name))
  const written = new Set([...settings.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name))
  assert.deepEqual([...written].sort(), [...read].sort())

  const fields = /UPSTREAM_FIELDS = \[([^\]]+)\]/.exec(config)?.[1]?.match(/\w+/g) ?? []
  const upstreams = page('docs/operating/upstreams.md').text
  assert.ok(fields.length > 5, 'the fields of an upstream are found in config.ts')
  assert.deepEqual(
    fields.filter((field) => !upstreams.includes(`| \`${field}\` |`)),
    [],
  )
  const paths = Object.values(adapters).flatMap((adapter) => [adapter.kind, ...Object.values(adapter.paths)])
  assert.deepEqual(
    paths.filter((name) => !upstreams.includes(`\`${name}\``)),
    [],
  )
})

test('every check of verify stands on its page', () => {
  const checks = [...readText('server/src/book/verify.ts').matchAll(/(?:name: |check\(\s*)'([^']+)'/g)].map(
    ([, name = '']) => name,
  )
  assert.ok(checks.length > 10, 'the checks are found')
  const shown = page('docs/operating/verify.md').text
  assert.deepEqual(
    checks.filter((name) => !shown.includes(`  ok    ${name}\n`)),
    [],
  )
})

test('the tables of the plans are those of the catalogue', () => {
  const { plans, resources } = loadCatalogue(path.join(house, 'catalogue/token-plan.yaml'))
  const rows = rowsOf(page('docs/token-plan/intro.md').text)
  const cells = (title: string) => rows.find(([first]) => first === title) ?? []
  const named = [...plans.values()].map(({ name }) => name)
  assert.deepEqual(cells('resource').slice(2), named)
  for (const { id, title } of resources.values()) {
    const quotas = [...plans.values()].map(
      (plan) => plan.entitlements.find(({ resource }) => resource === id)?.quotas[0]?.limitUnits,
    )
    assert.deepEqual(
      cells(title).slice(2),
      quotas.map((units) => units?.toLocaleString('en') ?? '–'),
      title,
    )
  }
  const usd = (nanos: number) => `$${(nanos / NANOS_PER_USD).toLocaleString('en')}`
  assert.deepEqual(
    cells('price a month').slice(1),
    [...plans.values()].map(({ monthNanos }) => usd(monthNanos)),
  )
  assert.deepEqual(
    cells('price a year').slice(1),
    [...plans.values()].map(({ yearNanos }) => usd(yearNanos)),
  )
  assert.deepEqual(
    cells('highspeed models').slice(1),
    [...plans.values()].map(({ highspeed }) => (highspeed ? 'yes' : 'no')),
  )
})

/** SHA-256 of the sentences of the seed's page in their order, so that none is lost or reworded here. */
const SEED = 'f750173578efcbe87086ca164568ce0badb3cd0e4f6b57aaa53c73632f53e156'

test('every sentence of the seed is there', () => {
  const sentences = seedRows().map(([sentence]) => sentence)
  assert.equal(createHash('sha256').update(sentences.join('\n')).digest('hex'), SEED)
})

test('every sentence of the seed is kept by something that exists, or names what will keep it', () => {
  const wrong = seedRows().flatMap(([sentence = '', kept = '', rule = '', proof = '']) => {
    const files = [...`${rule} ${proof}`.matchAll(/`([\w./-]+\.(?:ts|tsx|yaml|mjs|md))`/g)].map(
      ([, file]) => file ?? '',
    )
    const missing = files.filter((file) => !existsSync(path.join(house, file)))
    if (missing.length > 0) return [`${sentence}: there is no ${missing.join(', ')}`]
    const later = /\b(issue \d+|later: [a-z])/.test(`${kept} ${rule} ${proof}`)
    const now = linksOf(kept).length > 0 && files.some((file) => file.includes('.test.'))
    return later || now || kept === 'page navigation' ? [] : [`${sentence}: kept by nothing`]
  })
  assert.deepEqual(wrong, [])
})

function page(file: string): Page {
  const text = readText(file)
  return { file, text, prose: text.replace(/^```[\s\S]*?^```/gm, '') }
}

function readText(file: string): string {
  return readFileSync(path.join(house, file), 'utf8')
}

function linksOf(prose: string): string[] {
  const bare = prose.replace(/`[^`\n]*`/g, '')
  return [...bare.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link ?? '')
}

/** Pages under docs/ are rendered and link by address, without `.md`; the others lie in the clone and link by file. */
function leads(from: string, link: string): boolean {
  const [target = '', anchor] = link.split('#')
  if (/^https:\/\//.test(link)) return true
  if (from.startsWith('docs/')) {
    return (
      target === '/account/token-plan' ||
      target === '/docs/llms.txt' ||
      (target.startsWith('/docs/') && exists(`${target.slice(1)}.md`))
    )
  }
  const file = target === '' ? from : path.posix.join(path.posix.dirname(from), target)
  return exists(file) && (anchor === undefined || headingsOf(readText(file)).includes(anchor))
}

function exists(file: string): boolean {
  return existsSync(path.join(house, file))
}

function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replace(/\s/g, '-'),
  )
}

function fencesOf(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)]
    .filter(([, name]) => name === language)
    .map(([, , body = '']) => body)
}

/** The message of an error in any of the shapes; it fails on what is no JSON. */
function sentenceOf(body: string): string {
  const { error, base_resp } = JSON.parse(body) as {
    error?: { message?: string }
    base_resp?: { status_msg?: string }
  }
  return error?.message ?? base_resp?.status_msg ?? ''
}

/** What the gateway's table and the control plane name; `:id` stands for one part. */
function knownPaths(): string[] {
  const table = ['routes', 'media-routes'].flatMap((name) => [
    ...readText(`server/src/gateway/${name}.ts`).matchAll(/^ {2}\['(\/[^']*)'/gm),
  ])
  const api = readdirSync(path.join(house, 'server/src/api'))
    .map((file) => readText(`server/src/api/${file}`))
    .join('\n')
  const control = [...api.matchAll(/\b(?:app\.(?:get|post|put|patch|delete)|path)\(\s*'(\/[^']+)'/g)]
  const found = [...table, ...control].map(([, known = '']) => known)
  assert.ok(found.includes('/v1/chat/completions') && found.includes('/healthz'), 'the routes are found')
  const single = ['/v1/models/:id', '/anthropic/v1/models/:id']
  return [...found, ...single, '/v1/token_plan/receipts/:id', '/v1/token_plan/explain/:id']
}

function calls(line: string, known: string): boolean {
  const called = /(?:localhost:\d+|127\.0\.0\.1:\d+|\$\w+)(\/[^\s"'?]*)/.exec(line)?.[1]
  if (called === undefined) return false
  if (known.endsWith('/')) return called.startsWith(known)
  return new RegExp(`^${known.replace(/:\w+/g, '[^/]+')}$`).test(called)
}

function rowsOf(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| ?-/.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    )
}

/** Sentence, page, rule, proof. */
function seedRows(): string[][] {
  const rows = rowsOf(page('docs/seed.md').text).filter(([first]) => first !== 'the seed says')
  assert.ok(rows.length > 60, `only ${rows.length} rows`)
  return rows
}
