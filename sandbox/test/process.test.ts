import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

function launch(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...env },
  })
}

async function listening(child: ChildProcess): Promise<number> {
  const [message] = (await once(child, 'message')) as [{ kind: string; port: number }]
  assert.equal(message.kind, 'listening')
  return message.port
}

test('tells its parent the port, prints one line, ends on SIGTERM though a request hangs', async () => {
  const child = launch(['--port', '0', '--models', 'a,b'], { SANDBOX_DIALECTS: 'openai-chat' })
  let printed = ''
  child.stdout?.on('data', (chunk) => (printed += chunk))
  const port = await listening(child)
  const models = (await (await fetch(`http://127.0.0.1:${port}/v1/models`)).json()) as {
    data: { id: string }[]
  }
  assert.deepEqual(
    models.data.map((model) => model.id),
    ['a', 'b'],
  )
  const body = JSON.stringify({ model: 'a', messages: [{ role: 'user', content: '[[hang]]' }] })
  const hanging = fetch(`http://127.0.0.1:${port}/v1/chat/completions`, { method: 'POST', body })
  const refused = assert.rejects(hanging)
  await (await fetch(`http://127.0.0.1:${port}/healthz`)).text()
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  await refused
  assert.equal(code, 0)
  assert.equal(printed, `sandbox listening on http://127.0.0.1:${port}\n`)
})

test('ends with its parent', async () => {
  const child = launch(['--port', '0'])
  await listening(child)
  child.disconnect()
  const [code] = await once(child, 'exit')
  assert.equal(code, 0)
})

test('says what is wrong with its flags or port', async () => {
  const ended = async (args: string[]) => {
    const child = launch(args)
    let said = ''
    child.stderr?.on('data', (chunk) => (said += chunk))
    const [code] = await once(child, 'close')
    return { code, said }
  }
  const [flag, dialect, port] = await Promise.all([
    ended(['--colour', 'red']),
    ended(['--dialects', 'klingon']),
    ended(['--port', '70000']),
  ])
  assert.equal(flag.code, 2)
  assert.match(dialect.said, /--dialects knows anthropic/)
  assert.match(port.said, /--port takes a number/)
})
