import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { asFault, Fault, faults } from '../faults.ts'
import { requestIdOf } from '../ids.ts'
import { refusalBody } from './dialects/refusal-body.ts'
import type { World } from './serve.ts'
import { callerOf } from './serve.ts'
import type { Report } from './server.ts'
import { SpeechSocket } from './speech-socket.ts'

const PATH = '/ws/v1/t2a_v2'
/** A text of 10,000 characters and its settings. */
const MOST_MESSAGE_BYTES = 256 * 1024

export type Upgrades = {
  readonly take: (req: IncomingMessage, socket: Duplex, head: Buffer, path: string) => void
  /** Ends conversations in which nothing is spoken, and the others when what is being spoken is over. */
  readonly drain: () => void
  /** Breaks off what is being spoken; nobody pays for it. */
  readonly cut: () => void
  /** Resolves when nothing is spoken any more: every hold has got its end. */
  readonly idle: () => Promise<void>
}

/** WebSockets: who has no key gets no socket. */
export function openUpgrades(world: () => World | null, report: Report): Upgrades {
  const server = new WebSocketServer({ noServer: true, maxPayload: MOST_MESSAGE_BYTES })
  const open = new Set<SpeechSocket>()
  const whenIdle: (() => void)[] = []
  const begin = (socket: WebSocket, req: IncomingMessage, here: World) => {
    const conversation = new SpeechSocket(socket, {
      world: here,
      caller: async () => callerOf({ req }, here.keyring),
      report,
      // Its socket may be closed for long when its last hold ends.
      ended: () => {
        open.delete(conversation)
        if (open.size === 0) for (const resolve of whenIdle.splice(0)) resolve()
      },
    })
    open.add(conversation)
    // The server began to stop while its key was looked at.
    if (!world()) conversation.drain()
  }
  const take: Upgrades['take'] = async (req, socket, head, path) => {
    // Until the socket is ours a reset of it would end the process.
    const onError = () => socket.destroy()
    socket.on('error', onError)
    try {
      if (path !== PATH) throw new Fault('path_unknown', path.slice(0, 100))
      const here = world()
      if (!here) throw new Fault('draining')
      await callerOf({ req }, here.keyring)
      socket.off('error', onError)
      server.handleUpgrade(req, socket, head, (webSocket) => begin(webSocket, req, here))
    } catch (error) {
      refuse(socket, asFault(error), world()?.ids.next() ?? 0)
    }
  }
  return {
    take: (...request) => void take(...request),
    drain: () => {
      for (const conversation of open) conversation.drain()
    },
    cut: () => {
      for (const conversation of open) conversation.cut()
    },
    idle: () => (open.size === 0 ? Promise.resolve() : new Promise((resolve) => whenIdle.push(resolve))),
  }
}

/** In the words of the native endpoints, but with its HTTP status: clients of sockets see nothing else. */
function refuse(socket: Duplex, fault: Fault, id: number): void {
  const requestId = requestIdOf(id)
  const { body } = refusalBody(fault, 'native', requestId)
  const head = [
    `HTTP/1.1 ${faults[fault.kind].status} ${STATUS_CODES[faults[fault.kind].status] ?? 'Refused'}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    'connection: close',
  ]
  // A client that does not close its side would keep the server from stopping.
  socket.once('finish', () => socket.destroy())
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
