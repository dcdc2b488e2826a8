import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import test from 'node:test'
import fc from 'fast-check'
import { BOUNDARY, FORM, file, formOf, purpose } from '../../test/forms.ts'
import { Fault } from '../faults.ts'
import { ClientGone } from './body.ts'
import { readForm } from './multipart.ts'

const forms = [
  formOf(purpose('vision'), file('x'.repeat(300))),
  formOf(file('y'.repeat(70_000)), purpose('vision')),
  formOf(file(''), purpose('')),
  formOf(purpose('a'), purpose('b'), file('1'), file('2')),
].map(({ body }) => body)

/** What a form consists of, for putting it where it does not belong. */
const words = [
  ...[
    '\r\n',
    '--',
    BOUNDARY,
    `\r\n--${BOUNDARY}\r\n`,
    `\r\n--${BOUNDARY}--`,
    ':',
    ';',
    '"',
    '\\',
    '\0',
    '\r\n\r\n',
  ],
  ...['Content-Disposition: form-data; name="file"; filename="x"', "filename*=utf-8''%", 'Content-Type: x;'],
].map((word) => Buffer.from(word))

type Damage = { readonly at: number; readonly cut: number; readonly put: Buffer }

const damage: fc.Arbitrary<Damage> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.oneof(fc.constant(0), fc.nat(50), fc.constant(Number.MAX_SAFE_INTEGER)),
  put: fc.oneof(fc.constantFrom(...words), fc.uint8Array({ maxLength: 3 }).map(Buffer.from)),
})

function damaged(body: Buffer, { at, cut, put }: Damage): Buffer {
  const from = Math.floor(at * body.length)
  return Buffer.concat([body.subarray(0, from), put, body.subarray(Math.min(body.length, from + cut))])
}

async function readOne(body: Buffer, pieceBytes: number, leaves: boolean): Promise<unknown> {
  const req = Object.assign(new PassThrough(), { headers: FORM })
  const reading = readForm(req as unknown as IncomingMessage, async ({ source, all }) => {
    let bytes = 0
    for await (const chunk of source) bytes += chunk.length
    await all
    return bytes
  })
  for (let at = 0; at < body.length; at += pieceBytes) req.write(body.subarray(at, at + pieceBytes))
  if (leaves) req.destroy()
  else req.end()
  return reading.catch((error: unknown) => error)
}

test('however a form is broken, it is read or refused: it neither hangs nor throws past its reader', async () => {
  const asked = fc.tuple(
    fc.constantFrom(...forms),
    fc.array(damage, { maxLength: 5 }),
    fc.integer({ min: 50, max: 40_000 }),
    fc.boolean(),
  )
  await fc.assert(
    fc.asyncProperty(asked, async ([form, damages, pieceBytes, leaves]) => {
      const read = await readOne(damages.reduce(damaged, form), pieceBytes, leaves)
      const isKnown = typeof read === 'number' || read instanceof Fault || read instanceof ClientGone
      assert.ok(isKnown, String(read))
    }),
    { numRuns: 500, seed: 1 },
  )
})
