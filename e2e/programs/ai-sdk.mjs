// What a stranger writes with the AI SDK and MiniMax's provider for it, over the wire named first.
import { generateText, streamText } from 'ai'
import { createMinimax, createMinimaxOpenAI } from 'vercel-minimax-ai-provider'

const { TOKENPLAN_ORIGIN: origin, MINIMAX_API_KEY: apiKey } = process.env
const [wire, call] = process.argv.slice(2)
const minimax =
  wire === 'anthropic'
    ? createMinimax({ baseURL: `${origin}/anthropic/v1`, apiKey })
    : createMinimaxOpenAI({ baseURL: `${origin}/v1`, apiKey })
const request = { model: minimax('MiniMax-M2.7'), prompt: 'What is 2+2?' }

const calls = {
  async generate() {
    const { text, finishReason, usage } = await generateText(request)
    console.log(text, finishReason, usage.inputTokens, usage.outputTokens)
  },
  async stream() {
    const failed = []
    const stream = streamText({ ...request, onError: ({ error }) => failed.push(error) })
    for await (const text of stream.textStream) process.stdout.write(text)
    if (failed.length > 0) throw failed[0]
    const usage = await stream.usage
    console.log('', await stream.finishReason, usage.inputTokens, usage.outputTokens)
  },
}

await calls[call]()
