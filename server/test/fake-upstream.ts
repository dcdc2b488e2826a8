import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { mediaAnswerTo } from './media-samples.ts'
import { answerTo } from './samples.ts'

/**
 * An engine on loopback that does what it is told and remembers what it was sent. One behaviour is used up by one
 * attempt; without any left it answers properly in the dialect that it was asked in, and has the files that it names.
 */
export type Behaviour = {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** One piece is one write; a generator may wait between them. Absent: no body. */
  readonly body?: string | Buffer | Iterable<string | Buffer> | Pieces
  /** What follows the body. Default: end. */
  readonly ending?: 'end' | 'hang' | 'reset'
  /** Nothing is said at all. */
  readonly instead?: 'hang' | 'reset'
  /** The answer is given without the request being read. */
  readonly early?: true
}
export type Pieces = (received: Received) => AsyncIterable<string | Buffer>

export type Received = {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** Resolves when the connection is closed under an answer that was not yet whole, or the answer is out. */
  readonly closed: Promise<void>
  /** The gateway hung up before the answer was out. */
  aborted: boolean
}

export type FakeUpstream = {
  readonly url: string
  readonly received: Received[]
  /** What the next attempts meet, in this order. */
  next(...behaviours: readonly Behaviour[]): void
  /** Asked before the proper answer is given; undefined leaves it to that. */
  answers(to: (received: Received) => Behaviour | undefined): void
  /** The last request; throws when there was none. */
  last(): Received
  forget(): void
  close(): Promise<void>
}

export async function startFakeUpstream(): Promise<FakeUpstream> {
  const queue: Behaviour[] = []
  const received: Received[] = []
  let answersTo: (received: Received) => Behaviour | undefined = () => undefined
  const sockets = new Set<Socket>()
  const server = createServer({ keepAliveTimeout: 75_000 }, (req, res) => void meet(req, res))
  const meet = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const behaviour = queue.shift()
    const request = behaviour?.early ? heard(req, res, Buffer.alloc(0)) : await receive(req, res)
    received.push(request)
    await behave(request, behaviour ?? answersTo(request) ?? mediaAnswerTo(request) ?? answerTo(request), res)
  }
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    next: (...behaviours) => void queue.push(...behaviours),
    answers: (to) => {
      answersTo = to
    },
    last: () => {
      const last = received.at(-1)
      if (!last) throw new Error('the upstream was not asked')
      return last
    },
    forget: () => {
      received.length = 0
      queue.length = 0
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

async function receive(req: IncomingMessage, res: ServerResponse): Promise<Received> {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk)
  return heard(req, res, Buffer.concat(chunks))
}

function heard(req: IncomingMessage, res: ServerResponse, body: Buffer): Received {
  const request: Received = {
    method: req.method ?? '',
    path: req.url ?? '',
    headers: req.headers,
    body,
    aborted: false,
    closed: new Promise((resolve) => {
      res.once('close', () => {
        request.aborted = !res.writableFinished
        resolve()
      })
    }),
  }
  return request
}

async function behave(request: Received, behaviour: Behaviour, res: ServerResponse): Promise<void> {
  if (behaviour.instead === 'hang') return
  if (behaviour.instead === 'reset') {
    reset(res)
    return
  }
  res.writeHead(behaviour.status ?? 200, { 'content-type': 'application/json', ...behaviour.headers })
  const { body = '', ending = 'end' } = behaviour
  if (typeof body === 'string' || Buffer.isBuffer(body)) {
    if (ending === 'end') {
      res.end(body)
      return
    }
    await write(res, body)
  } else {
    res.flushHeaders()
    for await (const piece of typeof body === 'function' ? body(request) : body) await write(res, piece)
  }
  if (ending === 'end') res.end()
  if (ending === 'reset') reset(res)
}

/** Pieces reach the other side one by one: it has a turn of the event loop between two of them. */
async function write(res: ServerResponse, piece: string | Buffer): Promise<void> {
  if (res.destroyed) return
  if (piece.length > 0) await new Promise<void>((resolve) => res.write(piece, () => resolve()))
  for (let turns = 0; turns < 2; turns++) await new Promise((resolve) => setImmediate(resolve))
}

function reset(res: ServerResponse): void {
  res.socket?.resetAndDestroy()
}
