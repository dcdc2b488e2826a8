import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'

/** A call over node:http, which sends headers and bodies as they are given and retries nothing. */
export type Ask = {
  readonly method?: string
  /** As `Authorization: Bearer`. */
  readonly key?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  /** An object is sent as JSON, bytes as they are, a list of pieces chunked. */
  readonly body?: object | string | Buffer | readonly Buffer[] | undefined
}

export type Answer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** False when the connection was broken off before the answer was whole. */
  readonly whole: boolean
}

export type Calls = {
  call(path: string, ask?: Ask): Promise<Answer>
  /** Resolves with the head; the body is read by `read` or left with `leave`. */
  open(path: string, ask?: Ask): Promise<OpenCall>
  close(): void
}

export type OpenCall = {
  readonly res: IncomingMessage
  /** Resolves when at least so many bytes of the body are here. */
  reach(bytes: number): Promise<void>
  read(): Promise<Answer>
  leave(): void
}

export function callsTo(url: string): Calls {
  const agent = new Agent({ keepAlive: true })
  const open = (path: string, ask: Ask = {}) => openCall(new URL(url), path, ask, agent)
  return {
    open,
    call: async (path, ask) => (await open(path, ask)).read(),
    close: () => agent.destroy(),
  }
}

/** A bound, so that a server that forgets an answer fails one test and not the whole run. */
const LONGEST_SILENCE_MS = 10_000

function openCall(url: URL, path: string, ask: Ask, agent: Agent): Promise<OpenCall> {
  const { body } = ask
  const pieces = Array.isArray(body) ? (body as readonly Buffer[]) : undefined
  const bytes = pieces || body === undefined ? undefined : bytesOf(body)
  const headers = {
    ...(ask.key === undefined ? {} : { authorization: `Bearer ${ask.key}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(bytes ? { 'content-length': String(bytes.length) } : {}),
    ...ask.headers,
  }
  return new Promise((resolve, reject) => {
    const { hostname, port } = url
    const method = ask.method ?? (body === undefined ? 'GET' : 'POST')
    // `path` goes out as it is: URL would mend what some tests are about.
    const req = request({ hostname, port, path, method, headers, agent })
    req.setTimeout(LONGEST_SILENCE_MS, () => req.destroy(new Error(`${path}: no answer`)))
    let answered = false
    req.once('response', (res) => {
      answered = true
      resolve(reading(res))
    })
    // An answer that comes before the whole request is here may close the connection under it.
    req.on('error', (error) => {
      if (!answered) reject(error)
    })
    void send(req, pieces ?? (bytes ? [bytes] : []))
  })
}

function bytesOf(body: object | string | Buffer): Buffer {
  if (Buffer.isBuffer(body)) return body
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

async function send(req: ReturnType<typeof request>, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    if (req.destroyed) return
    await new Promise<void>((resolve) => req.write(piece, () => resolve()))
  }
  req.end()
}

function reading(res: IncomingMessage): OpenCall {
  const chunks: Buffer[] = []
  let bytes = 0
  let waiting: { bytes: number; resolve(): void } | undefined
  res.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    bytes += chunk.length
    if (waiting && bytes >= waiting.bytes) waiting.resolve()
  })
  const over = new Promise<void>((resolve) => res.once('close', resolve))
  res.on('error', () => waiting?.resolve())
  return {
    res,
    reach: (wanted) =>
      bytes >= wanted
        ? Promise.resolve()
        : new Promise((resolve) => {
            waiting = { bytes: wanted, resolve }
          }),
    read: async () => {
      await over
      const text = Buffer.concat(chunks).toString()
      return { status: res.statusCode ?? 0, headers: res.headers, text, whole: res.complete }
    },
    leave: () => res.destroy(),
  }
}

/** A bare socket, where the bytes themselves matter. */
export type Wire = {
  write(text: string | Buffer): void
  /** Everything received so far, once it contains `text`. */
  says(text: string): Promise<string>
  leave(): void
  readonly closed: Promise<void>
}

export function wireTo(url: string): Wire {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  let received = ''
  let look: () => void = () => undefined
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
    look()
  })
  // A reset is a way of closing here.
  socket.on('error', () => undefined)
  return {
    write: (text) => void socket.write(text),
    says: (text) =>
      new Promise((resolve, reject) => {
        look = () => received.includes(text) && resolve(received)
        socket.once('close', () => reject(new Error(`closed without saying ${text}: ${received}`)))
        look()
      }),
    leave: () => socket.destroy(),
    closed: new Promise((resolve) => socket.once('close', () => resolve())),
  }
}
