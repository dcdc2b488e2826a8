// What an MCP client does: starts the server named first over stdio, lists its tools, calls one, prints what it said.
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'

const [server, name, args = '{}'] = process.argv.slice(2)
const transport = new StdioClientTransport({ command: process.execPath, args: [server], env: process.env })
const client = new Client({ name: 'tokenplan-e2e', version: '0.1.0' })
await client.connect(transport)
const { tools } = await client.listTools()
if (name === 'list') console.log(tools.map((tool) => tool.name).join('\n'))
else {
  const call = { name, arguments: JSON.parse(args) }
  // A film is asked for every 20 seconds; the protocol's own patience is 60.
  const { content } = await client.callTool(call, undefined, { timeout: 600_000 })
  const said = content.map(({ text }) => text).join('\n')
  console.log(said)
  // Its failures are texts like its successes.
  if (said.startsWith('Failed') || said.startsWith('Voice cloning failed')) process.exitCode = 1
}
await client.close()
