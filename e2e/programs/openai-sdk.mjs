// What a stranger writes with the openai package. OPENAI_BASE_URL and OPENAI_API_KEY say where and who.
import { writeFileSync } from 'node:fs'
import OpenAI from 'openai'

const client = new OpenAI()
const model = 'MiniMax-M2.7'
const question = 'What is 2+2?'
const messages = [{ role: 'user', content: question }]

const calls = {
  async chat() {
    const { choices, usage } = await client.chat.completions.create({ model, messages })
    console.log(choices[0].message.content, usage)
  },
  async 'chat-stream'() {
    const stream = await client.chat.completions.create({ model, messages, stream: true })
    for await (const { choices } of stream) process.stdout.write(choices[0]?.delta.content ?? '')
    console.log()
  },
  async 'chat-tools'() {
    const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
    const tools = [{ type: 'function', function: { name: 'weather', parameters } }]
    const asked = [{ role: 'user', content: '[[tool weather {"city":"Paris"}]] How is it there?' }]
    const { choices } = await client.chat.completions.create({ model, messages: asked, tools })
    const call = choices[0].message.tool_calls[0]
    console.log(call.function.name, call.function.arguments)
    const told = [...asked, choices[0].message, { role: 'tool', tool_call_id: call.id, content: 'sunny' }]
    const answer = await client.chat.completions.create({ model, messages: told, tools })
    console.log(answer.choices[0].message.content)
  },
  async responses() {
    const response = await client.responses.create({ model, input: question })
    console.log(response.output_text, response.usage)
  },
  async 'responses-stream'() {
    const stream = await client.responses.create({ model, input: question, stream: true })
    for await (const event of stream) {
      if (event.type === 'response.output_text.delta') process.stdout.write(event.delta)
    }
    console.log()
  },
  async speech() {
    const answer = await client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'good morning' })
    writeFileSync('speech.mp3', Buffer.from(await answer.arrayBuffer()))
  },
  async image() {
    const asked = { model: 'gpt-image-1', prompt: 'a red cat', size: '1536x1024' }
    const { data } = await client.images.generate(asked)
    writeFileSync('image.jpeg', Buffer.from(data[0].b64_json, 'base64'))
  },
  async models() {
    for await (const { id } of client.models.list()) console.log(id)
  },
}

await calls[process.argv[2]]()
