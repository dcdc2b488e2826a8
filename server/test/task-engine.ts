import type { Behaviour, FakeUpstream, Received } from './fake-upstream.ts'

/**
 * An engine of MiniMax's kind whose tasks are as a test says: created, asked for, fetched. Everything else it answers at
 * once and properly; what a test puts in `instead` is used up by one request to that path.
 */
export type EngineTask = {
  readonly id: string
  /** Under which it has the file, should there be one. */
  readonly fileId: string
  readonly body: Readonly<Record<string, unknown>>
  state: string
  /** Of the engine's answer to who asks for it. */
  code: number
  message: string
  /** The engine does not know it any more. */
  isForgotten: boolean
}

export type TaskEngine = {
  readonly tasks: EngineTask[]
  /** The last one begun; throws when there is none. */
  last(): EngineTask
  instead(path: string, ...behaviours: readonly Behaviour[]): void
  /** What nobody has met of those. */
  forget(): void
  /** Requests to a path, without its query. */
  askedFor(path: string): Received[]
  /** While it is down every connection is reset. */
  down: boolean
  /** What lies behind the download URLs. */
  film: Buffer
  /** Numbers of what was given to it. */
  readonly uploads: number[]
}

const FINE = { status_code: 0, status_msg: 'success' }
export const SYSTEM_VOICES = [
  { voice_id: 'Wise_Woman', voice_name: 'Wise Woman', description: [], created_time: '1970-01-01' },
]
export const FILM = Buffer.from('the bytes of a film, or of a long text read aloud')

export function taskEngine(upstream: FakeUpstream): TaskEngine {
  const queued = new Map<string, Behaviour[]>()
  const engine: TaskEngine = {
    tasks: [],
    last: () => {
      const last = engine.tasks.at(-1)
      if (!last) throw new Error('the engine has begun no task')
      return last
    },
    instead: (path, ...behaviours) => void queued.set(path, [...(queued.get(path) ?? []), ...behaviours]),
    forget: () => queued.clear(),
    askedFor: (path) => upstream.received.filter((request) => pathOf(request) === path),
    down: false,
    film: FILM,
    uploads: [],
  }
  upstream.answers((request) => {
    if (engine.down) return { instead: 'reset' }
    const path = pathOf(request)
    return queued.get(path)?.shift() ?? answers[path]?.(engine, request) ?? downloadOf(engine, path)
  })
  return engine
}

function pathOf({ path }: Received): string {
  return path.split('?')[0] ?? ''
}

function parameter({ path }: Received, name: string): string | null {
  return new URL(path, 'http://engine').searchParams.get(name)
}

type Answering = (engine: TaskEngine, request: Received) => Behaviour

/** Hexadecimal, as sound is on the wire: what a text sounds like here is its bytes. */
function soundOf(text: string): string {
  return Buffer.from(text).toString('hex')
}

/** The events of a text that is spoken while it is made: two pieces, and the end. */
export function spoken(text: string): string[] {
  const points = [...text]
  const half = Math.ceil(points.length / 2)
  const parts = [points.slice(0, half), points.slice(half)].map((part) => part.join(''))
  const pieces = parts.map((part) => ({ audio: soundOf(part), status: 1 }))
  return [...pieces, { audio: '', status: 2 }].map((data) =>
    eventOf({ data, trace_id: 'engine', base_resp: FINE }),
  )
}

export function eventOf(event: object): string {
  return `data: ${JSON.stringify(event)}\n\n`
}

const answers: Readonly<Record<string, Answering>> = {
  '/v1/video_generation': (engine, request) => json({ task_id: begin(engine, request).id }),
  '/v1/t2a_async_v2': (engine, request) => {
    const { id, fileId } = begin(engine, request)
    return json({
      task_id: Number(id),
      task_token: 'token',
      file_id: Number(fileId),
      usage_characters: 999_999,
    })
  },
  '/v1/t2a_v2': (_engine, { body }) => {
    const { text, stream } = JSON.parse(body.toString()) as { text: string; stream?: boolean }
    if (stream) return { headers: { 'content-type': 'text/event-stream' }, body: spoken(text) }
    return json({ data: { audio: soundOf(text), status: 2 }, extra_info: { usage_characters: 1 } })
  },
  '/v1/query/video_generation': (engine, request) =>
    queried(engine, request, (task) => ({
      task_id: task.id,
      status: task.state,
      ...(task.state === 'Success' && { file_id: task.fileId, video_width: 1366, video_height: 768 }),
    })),
  '/v1/query/t2a_async_query_v2': (engine, request) =>
    queried(engine, request, (task) => ({
      task_id: Number(task.id),
      status: task.state,
      file_id: Number(task.fileId),
    })),
  '/v1/files/upload': ({ uploads }) => {
    uploads.push(205_258_526_306_000 + uploads.length)
    return json({ file: { file_id: uploads.at(-1) } })
  },
  '/v1/get_voice': () =>
    json({ system_voice: SYSTEM_VOICES, voice_cloning: [{ voice_id: 'tpv-of-everybody' }] }),
  '/v1/delete_voice': (_engine, { body }) => {
    const { voice_id } = JSON.parse(body.toString()) as { voice_id: string }
    return json({ voice_id, created_time: '2026-01-01' })
  },
  '/v1/voice_clone': (_engine, { body, headers }) => {
    const { text } = JSON.parse(body.toString()) as { text?: string }
    const demo_audio = text ? `http://${headers.host}/download/demo.mp3` : ''
    return json({ input_sensitive: false, input_sensitive_type: 0, demo_audio })
  },
  '/v1/voice_design': ({ tasks }, { body }) => {
    const { voice_id, preview_text } = JSON.parse(body.toString()) as {
      voice_id?: string
      preview_text: string
    }
    return json({
      voice_id: voice_id ?? `ttv-voice-${tasks.length}-${preview_text.length}`,
      trial_audio: soundOf(preview_text),
    })
  },
  '/v1/files/retrieve': (_engine, request) => {
    const id = parameter(request, 'file_id')
    const download_url = `http://${request.headers.host}/download/${id}.mp4`
    return json({ file: { file_id: Number(id), bytes: 1, filename: 'output.mp4', download_url } })
  },
}

function begin(engine: TaskEngine, { body }: Received): EngineTask {
  const number = 106_916_112_212_000 + engine.tasks.length
  const task = {
    id: String(number),
    fileId: String(number + 500),
    body: JSON.parse(body.toString()) as Record<string, unknown>,
    state: 'Preparing',
    code: 0,
    message: 'success',
    isForgotten: false,
  }
  engine.tasks.push(task)
  return task
}

function queried(
  engine: TaskEngine,
  request: Received,
  told: (task: EngineTask) => Readonly<Record<string, unknown>>,
): Behaviour {
  const id = parameter(request, 'task_id')
  const task = engine.tasks.find((known) => known.id === id && !known.isForgotten)
  if (!task) return json({ base_resp: { status_code: 2013, status_msg: 'invalid params, no such task' } })
  return json({ ...told(task), base_resp: { status_code: task.code, status_msg: task.message } })
}

function downloadOf(engine: TaskEngine, path: string): Behaviour | undefined {
  if (!path.startsWith('/download/')) return undefined
  return { headers: { 'content-type': 'video/mp4' }, body: engine.film }
}

export function json(body: Readonly<Record<string, unknown>>, status = 200): Behaviour {
  return { status, body: JSON.stringify({ base_resp: FINE, ...body }) }
}
