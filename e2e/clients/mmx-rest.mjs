import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { inWork } from '../made.mjs'
import { succeeded, wrong } from '../said.mjs'
import { jsonOf } from './mmx-run.mjs'

const searches = (mmx) => ({
  command: 'mmx search query --q',
  cost: { 'coding-plan-search': 1 },
  async run(place) {
    const { organic, related_searches } = jsonOf(
      await mmx(place, 'search', 'query', '--q', 'typescript generics'),
    )
    const [first] = organic
    if (first?.link.startsWith('https://') && first.snippet && related_searches.length > 0) return
    throw new Error(`found ${JSON.stringify(first)}`)
  },
})

const filesFor = (mmx) => {
  const kept = (place) => path.join(place.home, 'uploaded.json')
  const ids = async (place) => jsonOf(await mmx(place, 'file', 'list')).files.map(({ file_id }) => file_id)
  return [
    {
      command: 'mmx file upload --file',
      units: 0,
      async run(place) {
        writeFileSync(inWork(place, 'words.txt'), 'some words')
        const result = await mmx(place, 'file', 'upload', '--file', 'words.txt')
        succeeded(result, '"bytes": 10', '"filename": "words.txt"', '"purpose": "retrieval"')
        writeFileSync(kept(place), String(jsonOf(result).file_id))
      },
    },
    {
      command: 'mmx file list',
      units: 0,
      async run(place) {
        const id = Number(readFileSync(kept(place)))
        if (!(await ids(place)).includes(id)) throw new Error(`does not list ${id}`)
      },
    },
    {
      command: 'mmx file delete --file-id',
      units: 0,
      async run(place) {
        const id = Number(readFileSync(kept(place)))
        succeeded(await mmx(place, 'file', 'delete', '--file-id', String(id)), String(id))
        if ((await ids(place)).includes(id)) throw new Error(`still lists ${id}`)
        const again = await mmx(place, 'file', 'delete', '--file-id', String(id))
        if (again.code === 0) throw wrong(again, 'was deleted twice')
      },
    },
  ]
}

const chatsFor = (mmx) => [
  {
    command: 'mmx text chat --message user: assistant: --system --max-tokens --temperature --top-p',
    units: 1,
    async run(place) {
      const talk = ['--message', 'Hello', '--message', 'assistant:Hi!', '--message', 'What is 2+2?']
      const how = ['--system', 'Be brief.', '--max-tokens', '500', '--temperature', '0.5', '--top-p', '0.9']
      succeeded(await mmx(place, 'text', 'chat', ...talk, ...how), '"text": "2+2 = 4."')
    },
  },
  {
    command: 'mmx text chat --messages-file --tool',
    units: 1,
    async run(place) {
      const content = '[[tool weather {"city":"Paris"}]] How is it there?'
      writeFileSync(inWork(place, 'talk.json'), JSON.stringify([{ role: 'user', content }]))
      const input_schema = { type: 'object', properties: { city: { type: 'string' } } }
      const weather = JSON.stringify({ name: 'weather', description: 'Tells it', input_schema })
      const result = await mmx(place, 'text', 'chat', '--messages-file', 'talk.json', '--tool', weather)
      succeeded(result, '"type": "tool_use"', '"city": "Paris"')
    },
  },
  {
    command: 'mmx text chat --model MiniMax-M2.7-highspeed, by credits',
    // 4 bytes are a token: see the sandbox's README. USD 0.60 and 2.40 a million.
    cost: { credits: highspeedNanos({ input: 11, output: 10 }) },
    async run(place) {
      const asked = ['--message', 'What is 2+2?', '--model', 'MiniMax-M2.7-highspeed']
      succeeded(await mmx(place, 'text', 'chat', ...asked), '"input_tokens": 11', '"output_tokens": 10')
    },
  },
]

function highspeedNanos({ input, output }) {
  return input * 600 + output * 2400
}

const ownConfig = (place) => path.join(place.home, '.mmx/config.json')

const settingsFor = (mmx) => [
  {
    command: 'mmx config set, config show',
    units: 0,
    async run(place) {
      succeeded(await mmx(place, 'config', 'set', '--key', 'timeout', '--value', '120'))
      const { base_url, region, timeout } = jsonOf(await mmx(place, 'config', 'show'))
      if (base_url === place.origin && region === 'global' && timeout === 120) return
      throw new Error(`shows ${JSON.stringify({ base_url, region, timeout })}`)
    },
  },
  {
    command: 'mmx auth login --api-key --region global',
    units: 0,
    async run(place) {
      mkdirSync(path.dirname(ownConfig(place)), { recursive: true })
      const asked = ['auth', 'login', '--api-key', place.key, '--region', 'global']
      const result = await mmx.shutIn(place, ...asked)
      // It asks MiniMax's own host whether the key is good, whatever the base URL; it keeps the key all the same.
      succeeded(result)
      if (JSON.parse(readFileSync(ownConfig(place), 'utf8')).api_key !== place.key)
        throw wrong(result, 'did not keep the key')
    },
  },
  {
    command: 'mmx auth status, quota show, with the kept key',
    units: 0,
    async run(place) {
      succeeded(await mmx.withoutKey(place, 'auth', 'status'), '"source": "config.json"')
      succeeded(await mmx.withoutKey(place, 'quota', 'show'), 'speech-hd', 'music-2.6')
    },
  },
  {
    command: 'mmx auth refresh, which an API key does not need',
    units: 0,
    async run(place) {
      const result = await mmx.withoutKey(place, 'auth', 'refresh')
      if (result.code !== 2 || !result.stderr.includes('Not applicable'))
        throw wrong(result, 'did not say so')
    },
  },
  {
    command: 'mmx auth logout --yes',
    units: 0,
    async run(place) {
      succeeded(await mmx.withoutKey(place, 'auth', 'logout', '--yes'))
      const left = existsSync(ownConfig(place)) ? readFileSync(ownConfig(place), 'utf8') : ''
      if (left.includes(place.key)) throw new Error('the key is still in the configuration')
    },
  },
  {
    command: 'mmx update',
    units: 0,
    run: async (place) => succeeded(await mmx.shutIn(place, 'update')),
  },
]

/** That nothing was forgotten: the client's own list of its commands, and what it says of them to other programs. */
export const everyCommand = (mmx, steps) => ({
  command: 'mmx config export-schema; each command of mmx --help is in a row',
  units: 0,
  async run(place) {
    const help = await mmx(place, '--help')
    const listed = [
      ...`${help.stdout}${help.stderr}`.matchAll(/^ {2}(\w+) {2,}.*?(?:\(([^)]+)\))?$/gm),
    ].flatMap(([, resource, parts]) =>
      (parts ?? '').split(', ').map((part) => `mmx ${resource} ${part}`.trim()),
    )
    const schema = await mmx(place, 'config', 'export-schema')
    succeeded(schema, 'mmx_speech_synthesize')
    const rows = [...steps.map(({ command }) => command), 'mmx config export-schema'].join('\n')
    const missing = listed.filter((one) => !rows.includes(one.replace(/^mmx /, '')))
    if (listed.length < 20 || missing.length > 0)
      throw new Error(`of ${listed.length} commands these are in no row: ${missing.join(', ')}`)
  },
})

export const searchSteps = (mmx) => [searches(mmx)]
export const fileSteps = (mmx) => filesFor(mmx)
export const chatSteps = (mmx) => chatsFor(mmx)
export const settingSteps = (mmx) => settingsFor(mmx)
