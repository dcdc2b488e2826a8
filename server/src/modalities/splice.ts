import type { JsonScan } from './json-scan.ts'

/** A change of a body: the bytes from start to end give way to `text`. */
export type Edit = { readonly start: number; readonly end: number; readonly text: string }

/** Sets a top-level field: in its place where it stands, at the front where it does not. */
export function setField(scan: JsonScan, name: string, json: string): Edit {
  const field = scan.fields.get(name)
  if (field) return { start: field.start, end: field.end, text: json }
  const comma = scan.empty ? '' : ','
  return { start: scan.insertAt, end: scan.insertAt, text: `${JSON.stringify(name)}:${json}${comma}` }
}

/** The chunks with the edits in them: untouched stretches are views of the old chunks, nothing large is copied. */
export function splice(chunks: readonly Buffer[], edits: readonly Edit[]): Buffer[] {
  if (edits.length === 0) return [...chunks]
  const ordered = [...edits].sort((a, b) => a.start - b.start)
  const total = byteLength(chunks)
  const result: Buffer[] = []
  let at = 0
  for (const edit of ordered) {
    result.push(...slice(chunks, at, edit.start), Buffer.from(edit.text))
    at = edit.end
  }
  result.push(...slice(chunks, at, total))
  return result
}

export function byteLength(chunks: readonly Buffer[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0)
}

function slice(chunks: readonly Buffer[], from: number, to: number): Buffer[] {
  const result: Buffer[] = []
  let start = 0
  for (const chunk of chunks) {
    const end = start + chunk.length
    if (end > from && start < to)
      result.push(chunk.subarray(Math.max(from - start, 0), Math.min(to, end) - start))
    start = end
  }
  return result
}
