import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

/**
 * STYLE.md as a test: what neither the compiler nor the linter can say. Sources are read as text, so a rule here is a
 * line of English and a pattern; where a pattern could match its own spelling it is written with a bracket in it.
 */
const house = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')

/** A folder may import itself and what stands before it. Files right under `src` are the first and the last row. */
const ORDER = [
  ['config', 'clock', 'ids', 'money', 'faults', 'assert'],
  ['store'],
  ['catalogue'],
  ['book'],
  ['audit'],
  ['mail'],
  ['identity'],
  ['keys'],
  ['payments'],
  ['promotions'],
  ['subscriptions'],
  ['teams'],
  ['modalities'],
  ['upstreams'],
  ['media'],
  ['tasks'],
  ['gateway'],
  ['api'],
  ['jobs'],
  ['cli'],
  ['main'],
  ['entry'],
]
const LONGEST_FILE = 400
const LONGEST_FUNCTION = 70

type Source = { readonly file: string; readonly text: string; readonly code: string }

const sources = ['server', 'sandbox', 'console', 'scripts', 'bench', 'e2e'].flatMap(sourcesUnder)
const serverSources = sources.filter(({ file }) => file.startsWith('server/src/'))
const products = sources.filter(({ file }) => /^(server|sandbox|console)\/src\//.test(file) && !isTest(file))

test('sources are found', () => {
  assert.ok(serverSources.length > 50, `only ${serverSources.length} files under server/src`)
})

test('a folder of server/src imports only itself and what stands above it', () => {
  const wrong = serverSources
    .filter(({ file }) => !isTest(file))
    .flatMap(({ file, code }) => {
      const from = layerOf(file)
      if (from < 0) return [`${file}: its folder has no place in the import order`]
      return localImports(file, code)
        .filter((target) => layerOf(target) > from)
        .map((target) => `${file} imports ${target}`)
    })
  none('import order', wrong)
})

test('upstreams and their adapters never see the book', () => {
  none('adapters and the book', importing(/^server\/src\/(upstreams|modalities)\//, /^server\/src\/book\//))
})

test('the book sees no HTTP and no clock', () => {
  const book = /^server\/src\/book\//
  const imports = importing(
    book,
    /^server\/src\/clock\.ts$|^node:(http|https|http2|net)$|^(hono|undici|ws)\b/,
  )
  const clocks = matching(/\bDate\b(?!\.UTC|\(\w)|\bperformance\.now\b|\bprocess\.hrtime\b/, (file) =>
    book.test(file),
  )
  none('the book is pure', [...imports, ...clocks])
})

test("the book's SQL lives in journal-*, reads-*, verify and labels", () => {
  const allowed = /^server\/src\/book\/((journal|reads)-[a-z]+|verify|labels)\.ts$/
  const sql = /[`'"]\s*(select|insert into|update|delete from|create|alter|drop|pragma|with)\s+\w/i
  none(
    "the book's SQL",
    matching(sql, (file) => file.startsWith('server/src/book/') && !allowed.test(file)),
  )
})

test('a subquery in `from` or `join` has a name, without which PostgreSQL before 16 refuses it', () => {
  none(
    'subqueries without a name',
    products.flatMap(({ file, text }) =>
      [...text.matchAll(/\b(?:from|join)\s+\((?=\s*(?:select\b|\$\{))/gi)]
        .filter(({ index, 0: { length } }) => !/^\s+as \w/.test(afterBracket(text, index + length)))
        .map(({ index }) => `${file}:${text.slice(0, index).split('\n').length}`),
    ),
  )
})

/** What follows the bracket that closes the one which was opened just before `at`. */
function afterBracket(text: string, at: number): string {
  let depth = 1
  let end = at
  for (; depth > 0 && end < text.length; end++) depth += text[end] === '(' ? 1 : text[end] === ')' ? -1 : 0
  return text.slice(end, end + 20)
}

test('a test file waits for nothing between its tests: the runner would end those before, and close what they share', () => {
  const late = sources.filter(({ file, code }) => {
    const first = code.search(/^ *test\(/m)
    return isTest(file) && first >= 0 && /^(const .*= )?await /m.test(code.slice(first))
  })
  none(
    'tests that wait between tests',
    late.map(({ file }) => file),
  )
})

test('nobody but the book writes holds, ends, entries or a balance', () => {
  const writes =
    /insert into (hold|hold_part|hold_end|given_back|entry)\b|update (hold|hold_part|hold_end|entry|account|lot)\b|balance_nanos\s*=/i
  none(
    'writers of the book',
    matching(writes, (file) => !/^server\/src\/(book|store\/migrations)\//.test(file)),
  )
})

test('each of these is in one place', () => {
  const only = (pattern: RegExp, home: RegExp) => matching(pattern, (file) => !home.test(file))
  none('one place', [
    ...importing(/^server\/src\/(?!upstreams\/)/, /^undici\b/),
    ...only(/\bprocess\.env\b/, /\/config\.ts$/),
    ...only(/\bDate\.now\b|\bnew Date\(\)/, /\/clock\.ts$|^console\//),
    ...only(
      /\b(randomBytes|randomFill|randomFillSync|randomInt|randomUUID|getRandomValues|Math\.random)\b/,
      /\/ids\.ts$|^server\/src\/keys\//,
    ),
    ...only(/from '(libsql|better-sqlite3|pg)'/, /^server\/src\/store\//),
  ])
})

test('no name says nothing', () => {
  const empty = /^(utils?|helpers?|common|misc|shared|lib|types|services?)$/i
  const files = sources
    .filter(({ file }) =>
      file
        .split('/')
        .some((part) => empty.test(part.replace(/\.\w+$/, '')) || /(utils|helpers)\.\w+$/i.test(part)),
    )
    .map(({ file }) => `${file}: an empty name`)
  const declared =
    /\b(?:class|function|const|type|interface)\s+\w*(?:Utils?|Helpers?|Impl|Manager|Service|V2)\b/
  const cased = sources
    .filter(({ file }) => !/^[a-z0-9.-]+$/.test(path.basename(file)))
    .map(({ file }) => `${file}: not kebab-case`)
  none('names', [...files, ...matching(declared, () => true), ...cased])
})

test('no barrels', () => {
  none(
    'barrels',
    matching(/^export \* /m, () => true),
  )
})

test(`a file has at most ${LONGEST_FILE} lines`, () => {
  const long = sources
    .map(({ file, text }) => ({ file, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > LONGEST_FILE)
  none(
    'long files',
    long.map(({ file, lines }) => `${file}: ${lines} lines`),
  )
})

test('the linter counts the lines of functions, and refuses any, ! and empty blocks', () => {
  const { linter } = JSON.parse(read('biome.json'))
  const { rules } = linter
  assert.equal(linter.enabled, true)
  const lines = rules.complexity.noExcessiveLinesPerFunction
  assert.deepEqual(lines, { level: 'error', options: { maxLines: LONGEST_FUNCTION, skipBlankLines: false } })
  const refused = [
    rules.suspicious.noExplicitAny,
    rules.suspicious.noEmptyBlockStatements,
    rules.style.noNonNullAssertion,
  ]
  assert.deepEqual(refused, ['error', 'error', 'error'])
})

test('nothing is left open or switched off', () => {
  const left = /\bTO(?:DO)\b|\bFIX(?:ME)\b|\bX(?:XX)\b|@ts-(?:ignore|expect-error|nocheck)|\bas (?:any)\b/
  const wrong = sources
    .filter(({ text }) => left.test(text))
    .map(({ file, text }) => `${file}: ${left.exec(text)?.[0]}`)
  const skipped = sources
    .filter(({ file }) => isTest(file))
    .filter(({ code }) => /(?<!\.)\.(?:only|skip)\(|\b(?:skip|only): *true/.test(code))
  none('left open', [...wrong, ...skipped.map(({ file }) => `${file}: a test that is skipped or alone`)])
})

test('every file is reached from an entry', () => {
  const entries = [
    'server/src/entry.ts',
    'server/src/store/sqlite-worker.ts',
    'sandbox/src/main.ts',
    'sandbox/src/lab/worker.ts',
    'console/src/main.tsx',
  ]
  const served = reachedFrom(entries)
  const dead = products.filter(({ file }) => !served.has(file) && !/-under-test\.ts$/.test(file))
  const tested = reachedFrom(sources.filter(({ file }) => /\.test\.tsx?$/.test(file)).map(({ file }) => file))
  const support = sources.filter(({ file }) => isTest(file) && /\.tsx?$/.test(file) && !tested.has(file))
  none(
    'dead files',
    [...dead, ...support].map(({ file }) => file),
  )
})

test('tracked files name no machine and no registry', () => {
  const places = [
    /(^|[^.\w-])\/(?:[w]ork|[f]arm|[r]oot|[h]ome\/[a-z]+|[U]sers\/[a-z]+)\//,
    /\b(?:[r]egistry\.npmjs|[r]egistry\.yarnpkg|[n]pmmirror|[v]erdaccio|[a]rtifactory)\b/,
    /"resolved": "[h]ttp/,
  ]
  const wrong = trackedFiles().flatMap((file) => {
    const text = read(file)
    return places
      .filter((place) => place.test(text))
      .map((place) => `${file}: ${place.exec(text)?.[0].trim()}`)
  })
  none('machine paths', wrong)
})

test('dependencies are pinned exactly and none is under the GPL', () => {
  const pins = [
    'package.json',
    'server/package.json',
    'sandbox/package.json',
    'console/package.json',
  ].flatMap((file) => {
    const { dependencies = {}, devDependencies = {}, optionalDependencies = {} } = JSON.parse(read(file))
    return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
      .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(String(version)))
      .map(([name, version]) => `${file}: ${name} ${version} is no exact version`)
  })
  type Locked = { readonly dev?: boolean; readonly link?: boolean; readonly license?: string }
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> }
  const licences = Object.entries(packages)
    .filter(([, { dev, link }]) => !dev && !link)
    .filter(([, { license }]) => !license || /GPL|SSPL|BUSL|UNLICENSED/i.test(license))
    .map(([name, { license }]) => `${name}: licence ${license}`)
  none('dependencies', [...pins, ...licences])
})

function none(rule: string, found: readonly string[]): void {
  assert.deepEqual(found, [], rule)
}

function sourcesUnder(folder: string): Source[] {
  if (!existsSync(path.join(house, folder))) return []
  return readdirSync(path.join(house, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(tsx?|mjs|cjs|js)$/.test(entry.name))
    .map((entry) => path.relative(house, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .filter((file) => !/(^|\/)(node_modules|dist\w*|\.\w+)\//.test(file))
    .sort()
    .map((file) => ({ file, text: read(file), code: withoutComments(read(file)) }))
}

/** The index of Git; in a copy without one, everything but what is installed or built. */
function trackedFiles(): string[] {
  const { status, stdout } = spawnSync('git', ['ls-files', '-z'], { cwd: house, encoding: 'utf8' })
  const listed =
    status === 0
      ? stdout.split('\0')
      : readdirSync(house, { recursive: true, encoding: 'utf8' }).filter(
          (file) => !/(^|\/)(node_modules|dist|data|\.git)(\/|$)/.test(file),
        )
  return listed.filter((file) => /\.\w+$/.test(file) && existsSync(path.join(house, file)))
}

function read(file: string): string {
  return readFileSync(path.join(house, file), 'utf8')
}

/** Blanks comments, so that a rule may be spoken of; `://` is no comment. */
function withoutComments(text: string): string {
  return text.replace(/(^|\s)\/\*[\s\S]*?\*\//g, '$1').replace(/(^|[^:'"`])\/\/[^\n]*/g, '$1')
}

function isTest(file: string): boolean {
  return /\.test\.tsx?$|-under-test\.ts$|\/test\//.test(file)
}

/** -1 for a folder that the order does not know. */
function layerOf(file: string): number {
  const [, , first = ''] = file.split('/')
  return ORDER.findIndex((names) => names.includes(first.replace(/\.ts$/, '')))
}

function importsOf(code: string): string[] {
  const forms = [/\b(?:import|export)\b[^'"`;]*?\bfrom\s*'([^']+)'/g, /\bimport\s*\(?\s*'([^']+)'/g]
  return forms.flatMap((form) => [...code.matchAll(form)].map((match) => match[1] ?? ''))
}

function localImports(file: string, code: string): string[] {
  return importsOf(code)
    .filter((name) => name.startsWith('.'))
    .map((name) => path.posix.join(path.posix.dirname(file), name))
}

/** Imports of files that match `from` and lead to what matches `to`: a package by its name, a file by its path. */
function importing(from: RegExp, to: RegExp): string[] {
  return sources
    .filter(({ file }) => from.test(file) && !isTest(file))
    .flatMap(({ file, code }) => {
      const packages = importsOf(code).filter((name) => !name.startsWith('.'))
      return [...packages, ...localImports(file, code)]
        .filter((name) => to.test(name))
        .map((name) => `${file} imports ${name}`)
    })
}

/** Product files in which the pattern occurs, comments aside. */
function matching(pattern: RegExp, where: (file: string) => boolean): string[] {
  return products
    .filter(({ file, code }) => where(file) && pattern.test(code))
    .map(({ file, code }) => `${file}: ${pattern.exec(code)?.[0].trim()}`)
}

function reachedFrom(entries: readonly string[]): Set<string> {
  const codes = new Map(sources.map(({ file, code }) => [file, code]))
  const reached = new Set<string>()
  const visit = (file: string) => {
    const code = codes.get(file)
    if (code === undefined || reached.has(file)) return
    reached.add(file)
    for (const target of localImports(file, code)) visit(target)
  }
  for (const entry of entries) visit(entry)
  return reached
}
