import { Fault } from '../faults.ts'
import type { JsonScan } from '../modalities/json-scan.ts'
import type { Call } from './call.ts'

/** Bytes of a text request; a body beyond it is refused uncharged. */
export const TEXT_BODY_BYTES = 32 * 1024 * 1024

/** The client left before its body was here; there is nobody to answer. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone'
}

/** The chunks as they came, scanned on the way. Nothing is joined: they go upstream as they are. */
export function readBody(call: Call, mostBytes: number, scan?: JsonScan): Promise<Buffer[]> {
  const { req } = call
  if (Number(req.headers['content-length'] ?? 0) > mostBytes) {
    req.resume()
    return Promise.reject(tooLarge(mostBytes))
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    req.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > mostBytes) {
        chunks.length = 0
        // What still comes is thrown away, up to as much again; then the connection goes.
        if (bytes > 2 * mostBytes) req.destroy()
        reject(tooLarge(mostBytes))
        return
      }
      chunks.push(chunk)
      scan?.push(chunk)
    })
    req.on('end', () => resolve(chunks))
    // Every request closes; making the error only when it means something saves its stack trace. An aborted request
    // closes too, and without a listener its error event is not raised.
    req.on('close', () => {
      if (!req.readableEnded) reject(new ClientGone())
    })
  })
}

function tooLarge(mostBytes: number): Fault {
  return new Fault('body_too_large', `up to ${Math.floor(mostBytes / (1024 * 1024))} MB are taken here`)
}
