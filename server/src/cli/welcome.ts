import path from 'node:path'
import type { KeptDemo } from '../teams/demo.ts'

type Started = {
  readonly url: string
  readonly demo: KeptDemo
  readonly isShared: boolean
  readonly leftAside: string | null
  readonly upstreamNames: readonly string[]
  readonly sweptHolds: number
}

/** What a start prints: where to go, what to paste, where the keys are. */
export function welcome(started: Started, tookMs: number): string {
  const { url, demo, isShared, leftAside, upstreamNames, sweptHolds } = started
  const file = path.relative(process.cwd(), demo.file)
  const lines = [
    `tokenplan is ready at ${url} (${(tookMs / 1000).toFixed(1)} s, engine: ${upstreamNames.join(', ')})`,
    '',
  ]
  if (sweptHolds > 0) {
    lines.push(
      `  Swept     ${sweptHolds} request(s) that a crash had left open: calls of text stay counted, media and money are given back`,
    )
  }
  if (leftAside) {
    lines.push(
      `  Books     in Postgres; those in ${path.relative(process.cwd(), leftAside)} are left aside, unchanged`,
    )
  }
  if (demo.keys || isShared) lines.push(`  Console   ${url}/account/token-plan`)
  if (!demo.keys) return [...lines, ...keysElsewhere(file, isShared)].join('\n')
  if (demo.isNew) {
    // The keys are shown at the first start alone: what later starts print ends up in log files.
    lines.push(
      `  Sign-in   ${demo.keys.email} / ${demo.keys.password} (for later: this version's console asks for the key alone)`,
      `  Key       ${demo.keys.tokenPlanKey}`,
      `  API key   ${demo.keys.apiKey}`,
      `  Kept in   ${file}`,
      ...['', '  Try it:', '', `  ${curlLine(url, demo.keys.tokenPlanKey)}`, ''],
    )
  } else lines.push(`  Keys      in ${file}`)
  return lines.join('\n')
}

function keysElsewhere(file: string, isShared: boolean): string[] {
  if (isShared)
    return ['  Keys      in the data folder of the server that made the demo; they are valid on this one too']
  return [
    `  The demo's keys were in ${file}, which is gone or broken. The keys still work; nobody can tell them again.`,
    `  To begin anew, and lose the books, remove the data folder.`,
  ]
}

function curlLine(url: string, key: string): string {
  const body = `{"model":"MiniMax-M2.7","messages":[{"role":"user","content":"Hello!"}]}`
  return `curl ${url}/v1/chat/completions -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' -d '${body}'`
}
