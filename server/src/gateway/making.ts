import type { Caller } from '../keys/keyring.ts'
import type { JsonObject, MediaRequest } from '../modalities/media-request.ts'
import type { Statement } from '../store/sqlite.ts'
import type { Call } from './call.ts'
import type { MediaJob } from './media-job.ts'
import type { World } from './serve.ts'

export type Arrived = {
  readonly call: Pick<Call, 'id' | 'dialect'>
  readonly world: World
  readonly caller: Caller
  readonly body: JsonObject
}

/** An endpoint that makes something while its caller waits: how its request is read and its answer understood. */
export type Making = {
  readonly mostBytes: number
  /** Reads the request and makes it ready to be held. Throws a Fault. */
  readonly prepare: (from: Arrived) => Promise<MediaJob>
  /** The engine's bytes go out as they come; nothing in them is the engine's to keep. */
  readonly passes: (job: MediaJob) => boolean
  /** Pieces in the answer; at 0 the request has failed. */
  readonly made: (answer: JsonObject, request: MediaRequest) => number
  /** What the engine now keeps for the team; committed with the end. */
  readonly owned?: (job: MediaJob, answer: JsonObject) => readonly Statement[]
  readonly answer: (call: Call, answer: JsonObject, job: MediaJob, headers: readonly string[]) => void
}
