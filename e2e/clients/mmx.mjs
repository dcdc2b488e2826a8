import { versionOf } from '../install.mjs'
import { succeeded, wrong } from '../said.mjs'
import { TEXT } from '../spent.mjs'
import { mmxOf } from './mmx-run.mjs'

const PLAN_UNITS = 15_000
const question = ['text', 'chat', '--message', 'What is 2+2?']

/** `counts`: what this release takes `usage_count` of its quota path for; 1.0.16 to 1.0.23 print it as what is left. */
function mmx(pack, counts) {
  const run = mmxOf(pack)
  const chat = (command, expected, ...flags) => ({
    command,
    units: 1,
    run: async (place) => succeeded(await run(place, ...question, ...flags), expected),
  })
  return {
    name: 'mmx-cli',
    version: versionOf(pack),
    dialects: ['anthropic'],
    steps: [
      chat('mmx text chat --message', '"text": "2+2 = 4."'),
      chat('mmx text chat --message --output text', '2+2 = 4.', '--output', 'text'),
      chat('mmx text chat --message --stream', '"content": "2+2 = 4."', '--stream'),
      { command: 'mmx quota show', units: 0, run: (place) => showsWhatIsLeft(place, run) },
      {
        command: 'mmx quota show --output json',
        units: 0,
        run: (place) => countsRightly(place, run, counts),
      },
    ],
    refused: { command: 'mmx text chat --message', run: (place) => run(place, ...question) },
  }
}

async function usedUnits(place) {
  return (await place.spent())[TEXT] ?? 0
}

async function showsWhatIsLeft(place, run) {
  const left = PLAN_UNITS - (await usedUnits(place))
  const result = await run(place, 'quota', 'show', '--output', 'text')
  succeeded(result, TEXT, `${left.toLocaleString('en')} / ${PLAN_UNITS.toLocaleString('en')}`)
}

async function countsRightly(place, run, counts) {
  const used = await usedUnits(place)
  const result = await run(place, 'quota', 'show', '--output', 'json')
  succeeded(result)
  const { model_remains, base_resp } = JSON.parse(result.stdout)
  const text = model_remains.find(({ model_name }) => model_name === TEXT)
  const expected = counts === 'used' ? used : PLAN_UNITS - used
  if (base_resp.status_code === 0 && text.current_interval_usage_count === expected) return
  throw wrong(result, `does not show ${expected} as its count of what is ${counts}`)
}

export const mmxOfTheEra = mmx('mmx-cli-1.0.17', 'left')
export const mmxNow = mmx('mmx-cli', 'used')
