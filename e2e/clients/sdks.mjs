import path from 'node:path'
import { e2e, versionOf } from '../install.mjs'
import { inWork, isJpeg, isSound, saysIn } from '../made.mjs'
import { succeeded } from '../said.mjs'

/**
 * A client that is a library: a program of `programs/` uses it. `calls`: its arguments, what it costs (units of text, or
 * all of it), and what it must print, or how what it left is looked at.
 */
function library({ name, pack, dialects, program, env, calls }) {
  const run = (place, args) =>
    place.run(process.execPath, [path.join(e2e, 'programs', program), ...args], env(place))
  const steps = calls.map(([args, cost, ...expected]) => ({
    command: `node ${program} ${args.join(' ')}`,
    ...(typeof cost === 'number' ? { units: cost } : { cost }),
    async run(place) {
      succeeded(await run(place, args), ...expected.filter((one) => typeof one === 'string'))
      for (const look of expected.filter((one) => typeof one === 'function')) await look(place)
    },
  }))
  const [[first]] = calls
  const refused = { command: steps[0].command, run: (place) => run(place, first) }
  return { name, version: versionOf(pack), dialects, steps, refused }
}

const ANSWER = '2+2 = 4.'
const toolTalk = ['weather {"city":"Paris"}', 'The tool answered: "sunny"']

export const openaiSdk = library({
  name: 'openai SDK',
  pack: 'openai',
  dialects: ['openai-chat', 'openai-responses'],
  program: 'openai-sdk.mjs',
  env: ({ origin, key }) => ({ OPENAI_BASE_URL: `${origin}/v1`, OPENAI_API_KEY: key }),
  calls: [
    [['chat'], 1, ANSWER, 'completion_tokens'],
    [['chat-stream'], 1, ANSWER],
    [['chat-tools'], 2, ...toolTalk],
    [['responses'], 1, ANSWER, 'output_tokens'],
    [['responses-stream'], 1, ANSWER],
    [['models'], 0, 'MiniMax-M2.7'],
    [['speech'], { 'speech-hd': 'good morning'.length }, hearsMorning],
    [['image'], { 'image-01': 1 }, seesLandscape],
  ],
})

async function hearsMorning(place) {
  await isSound(place, inWork(place, 'speech.mp3'), { codec: 'mp3', rate: 32_000, channels: 1 })
  await saysIn(place, inWork(place, 'speech.mp3'), 'good morning')
}

async function seesLandscape(place) {
  isJpeg(inWork(place, 'image.jpeg'), { width: 1536, height: 1024 })
}

export const anthropicSdk = library({
  name: '@anthropic-ai/sdk',
  pack: '@anthropic-ai/sdk',
  dialects: ['anthropic'],
  program: 'anthropic-sdk.mjs',
  env: ({ origin, key }) => ({ ANTHROPIC_BASE_URL: `${origin}/anthropic`, ANTHROPIC_API_KEY: key }),
  calls: [
    [['message'], 1, ANSWER, 'output_tokens'],
    [['stream'], 1, ANSWER, 'end_turn'],
    [['tools'], 2, ...toolTalk],
    [['count'], 0, 'input_tokens'],
    [['models'], 0, 'MiniMax-M2.7'],
  ],
})

const aiSdk = (wire, dialect) =>
  library({
    name: `AI SDK, ${wire} wire`,
    pack: 'vercel-minimax-ai-provider',
    dialects: [dialect],
    program: 'ai-sdk.mjs',
    env: ({ origin, key }) => ({ TOKENPLAN_ORIGIN: origin, MINIMAX_API_KEY: key }),
    calls: [
      [[wire, 'generate'], 1, `${ANSWER} stop`],
      [[wire, 'stream'], 1, `${ANSWER} stop`],
    ],
  })

export const aiSdkAnthropic = aiSdk('anthropic', 'anthropic')
export const aiSdkOpenai = aiSdk('openai', 'openai-chat')
