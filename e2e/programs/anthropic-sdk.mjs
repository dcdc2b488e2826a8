// What a stranger writes with @anthropic-ai/sdk. ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY say where and who.
import Anthropic from '@anthropic-ai/sdk'

const client = new Anthropic()
const model = 'MiniMax-M2.7'
const request = { model, max_tokens: 1024, messages: [{ role: 'user', content: 'What is 2+2?' }] }
const texts = (content) => content.filter(({ type }) => type === 'text').map(({ text }) => text)

const calls = {
  async message() {
    const { content, usage } = await client.messages.create(request)
    console.log(...texts(content), usage)
  },
  async stream() {
    const stream = client.messages.stream(request).on('text', (text) => process.stdout.write(text))
    const { stop_reason } = await stream.finalMessage()
    console.log(`\n${stop_reason}`)
  },
  async tools() {
    const input_schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
    const tools = [{ name: 'weather', input_schema }]
    const asked = [{ role: 'user', content: '[[tool weather {"city":"Paris"}]] How is it there?' }]
    const { content } = await client.messages.create({ ...request, tools, messages: asked })
    const call = content.find(({ type }) => type === 'tool_use')
    console.log(call.name, JSON.stringify(call.input))
    const result = { type: 'tool_result', tool_use_id: call.id, content: 'sunny' }
    const told = [...asked, { role: 'assistant', content }, { role: 'user', content: [result] }]
    const answer = await client.messages.create({ ...request, tools, messages: told })
    console.log(...texts(answer.content))
  },
  async count() {
    console.log(await client.messages.countTokens({ model, messages: request.messages }))
  },
  async models() {
    for await (const { id } of client.models.list()) console.log(id)
  },
}

await calls[process.argv[2]]()
