// The lines a newcomer pastes: the one that a start prints, and those of the README and the quickstart.
import { spawnSync } from 'node:child_process'
import { inWork, isFilm, isPicture, isSound } from '../made.mjs'
import { filledIn, page, shellBlocks } from '../pasted.mjs'
import { succeeded, wrong } from '../said.mjs'

const said = spawnSync('curl', ['--version'], { encoding: 'utf8' }).stdout ?? ''
const version = /^curl (\S+)/.exec(said)?.[1] ?? 'missing'
const TEXT_PATH = /\/(messages|chat\/completions|responses|chatcompletion_v2)(?=['"\s?]|$)/m

const SAVES = /\bcurl -o (\S+)/

/** What a body that a page shows costs. */
const makes = {
  '/v1/t2a_v2': ({ text }) => ({ 'speech-hd': text.length }),
  '/v1/audio/speech': ({ input }) => ({ 'speech-hd': input.length }),
  '/v1/image_generation': ({ n = 1 }) => ({ 'image-01': n }),
  '/v1/images/generations': ({ n = 1 }) => ({ 'image-01': n }),
  '/v1/music_generation': () => ({ 'music-2.6': 1 }),
  '/v1/video_generation': () => ({ 'MiniMax-Hailuo-2.3-6s-768p': 1 }),
}

const opens = {
  mp3: (place, file) => isSound(place, file, { codec: 'mp3', seconds: [0.5, 120] }),
  jpeg: (place, file) => isPicture(place, file),
  jpg: (place, file) => isPicture(place, file),
  png: (place, file) => isPicture(place, file),
  mp4: (place, file) => isFilm(place, file, { width: 1366, height: 768 }),
}

async function paste(place, lines) {
  const loud = lines.replaceAll(/^curl\b/gm, 'curl --silent --show-error --fail-with-body --max-time 60')
  const result = await place.run('bash', ['-euo', 'pipefail', '-c', filledIn(loud, place)])
  succeeded(result)
  return result
}

async function pasteLine(place, line) {
  const result = await paste(place, line)
  if (result.stdout.trim() === '') throw wrong(result, 'printed nothing')
  if (/"status_code": *[1-9]/.test(result.stdout)) throw wrong(result, 'printed an error')
}

export const printedLine = {
  name: 'curl, as printed',
  version,
  steps: [
    {
      command: 'the line that npm start prints',
      units: 1,
      // The scene of the used-up plan is used up by it, so it is played whichever clients were named.
      always: true,
      run: (place) => pasteLine(place, curlLines(place.welcome())[0] ?? ''),
    },
  ],
}

export const readmeLines = { name: 'curl, README', version, steps: stepsOf('README.md') }
export const quickstartLines = {
  name: 'curl, quickstart',
  version,
  steps: stepsOf('docs/token-plan/quickstart.md'),
}

/** One step a line, or a block where it leaves a file; a page that is missing or has no line is a step that fails. */
function stepsOf(name) {
  const blocks = blocksOf(name)
  if (blocks instanceof Error) return [{ command: name, units: 0, run: () => Promise.reject(blocks) }]
  return blocks.flatMap((block) => (SAVES.test(block) ? [savingStep(block)] : curlLines(block).map(lineStep)))
}

function lineStep(line) {
  return {
    command: `curl ${pathIn(line)}`,
    units: TEXT_PATH.test(line) ? 1 : 0,
    run: (place) => pasteLine(place, line),
  }
}

function savingStep(block) {
  const [, file] = SAVES.exec(block)
  const [, kind] = /\.(\w+)$/.exec(file)
  const [, body] = /-d '([^']*)'/.exec(block)
  return {
    command: `curl ${pathIn(block)}, leaves ${file}`,
    cost: makes[pathIn(block)]?.(JSON.parse(body)) ?? {},
    seconds: 240,
    async run(place) {
      await paste(place, block)
      await opens[kind](place, inWork(place, file))
    },
  }
}

function pathIn(lines) {
  return /https?:\/\/[^/\s]+(\/[^\s'"?]*)/.exec(lines)?.[1] ?? lines
}

function blocksOf(name) {
  try {
    const blocks = shellBlocks(page(name)).filter((block) => block.includes('curl '))
    return blocks.length > 0 ? blocks : new Error(`${name} has no shell block with a curl line to paste.`)
  } catch (error) {
    return error
  }
}

/** Commands that begin with curl, each with its continued lines and open quotes. */
function curlLines(block) {
  const commands = []
  let open = false
  for (const line of block.split('\n').map((text) => text.replace(/^\s*(\$ )?(?=curl\b)/, ''))) {
    if (open) commands.push(`${commands.pop()}\n${line}`)
    else if (line.startsWith('curl ')) commands.push(line)
    else continue
    const command = commands.at(-1)
    open = command.endsWith('\\') || command.split("'").length % 2 === 0
  }
  return commands
}
