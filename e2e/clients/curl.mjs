// The lines a newcomer pastes: the one that a start prints, and those of the README and the quickstart.
import { spawnSync } from 'node:child_process'
import { filledIn, page, shellBlocks } from '../pasted.mjs'
import { succeeded, wrong } from '../said.mjs'

const said = spawnSync('curl', ['--version'], { encoding: 'utf8' }).stdout ?? ''
const version = /^curl (\S+)/.exec(said)?.[1] ?? 'missing'
const TEXT_PATH = /\/(messages|chat\/completions|responses|chatcompletion_v2)(?=['"\s?]|$)/m

async function paste(place, line) {
  const loud = line.replace(/^curl\b/, 'curl --silent --show-error --fail-with-body --max-time 60')
  const result = await place.run('bash', ['-euo', 'pipefail', '-c', filledIn(loud, place)])
  succeeded(result)
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
      run: (place) => paste(place, curlLines(place.welcome())[0] ?? ''),
    },
  ],
}

export const readmeLines = { name: 'curl, README', version, steps: stepsOf('README.md') }
export const quickstartLines = {
  name: 'curl, quickstart',
  version,
  steps: stepsOf('docs/token-plan/quickstart.md'),
}

/** One step a line; a page that is missing or has no line is a step that fails, never one that is left out. */
function stepsOf(name) {
  const lines = linesOf(name)
  if (lines instanceof Error) return [{ command: name, units: 0, run: () => Promise.reject(lines) }]
  return lines.map((line) => ({
    command: `curl ${/https?:\/\/[^/\s]+(\/[^\s'"]*)/.exec(line)?.[1] ?? line}`,
    units: TEXT_PATH.test(line) ? 1 : 0,
    run: (place) => paste(place, line),
  }))
}

function linesOf(name) {
  try {
    const lines = shellBlocks(page(name)).flatMap(curlLines)
    return lines.length > 0 ? lines : new Error(`${name} has no shell block with a curl line to paste.`)
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
