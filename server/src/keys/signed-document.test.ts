import assert from 'node:assert/strict'
import { createPublicKey, randomBytes, verify as verifySignature } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonical, judge, type Plain, readPublicKey, signerFrom } from './signed-document.ts'

const signer = signerFrom(Buffer.alloc(32, 7))
const receipt = {
  id: '0068f1ced4c000',
  units: { asked: 9, made: 5 },
  team: 'Ünï "x" \\',
  list: [1, null, true],
}
const sealed = signer.seal(receipt)

// JavaScript puts names that are numbers first, whatever their order was; receipts have none.
const named = fc.string().map((name) => `n${name}`)

const plain = fc.letrec<{ value: Plain }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.maxSafeInteger().map((number) => number + 0 || 0),
    fc.string({ unit: 'binary' }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(named, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value

test('what was sealed is right, printed prettily too, and reads as it was', () => {
  fc.assert(
    fc.property(fc.dictionary(named, plain, { noNullPrototype: true }), (fields) => {
      const text = signer.seal(fields)
      for (const form of [text, ` ${text}\n`, JSON.stringify(JSON.parse(text), null, 2)]) {
        assert.equal(judge(form, signer.publicKey).kind, 'right', form)
      }
    }),
  )
  const pretty = JSON.stringify(JSON.parse(sealed), null, 2)
  assert.deepEqual(judge(`${pretty}\n`, signer.publicKey), {
    kind: 'right',
    receipt: JSON.parse(canonical(receipt)),
  })
})

test('no byte of it can be changed', () => {
  const bytes = Buffer.from(sealed)
  for (let at = 0; at < bytes.length; at++) {
    for (const byte of [...randomBytes(8), 0x20, 0x30, 0x31, 0x65, 0x2d, 0x22, 0x41]) {
      if (bytes[at] === byte) continue
      const changed = Buffer.from(bytes)
      changed[at] = byte
      const { kind } = judge(changed.toString('utf8'), signer.publicKey)
      assert.notEqual(kind, 'right', `byte ${at} as ${byte}: ${changed}`)
    }
    assert.equal(judge(bytes.toString('utf8', 0, at), signer.publicKey).kind, 'no-receipt', `cut at ${at}`)
  }
})

test('a field that stands there twice, a number in another form, an escape: not as it was issued', () => {
  for (const [from, to] of [
    ['{"receipt":{', '{"receipt":{"units":1,'],
    ['"asked":9', '"asked":9.0'],
    ['"asked":9', '"asked":9e0'],
    ['"made"', '"mad\\u0065"'],
    ['"signature":{', '"signature":{"and":1,'],
    ['{"receipt":', '{"more":1,"receipt":'],
    ['"key_id":"', '"key_id":"x'],
    ['"algorithm":"Ed25519",', ''],
  ] as const) {
    const text = sealed.replace(from, to)
    assert.notEqual(text, sealed)
    assert.equal(judge(text, signer.publicKey).kind, 'changed', text)
  }
})

test('what is no receipt, and why', () => {
  for (const text of [
    '',
    '{',
    '[]',
    'null',
    '1',
    '{}',
    '{"receipt":1}',
    '{"receipt":{},"signature":{}}',
    sealed + sealed,
  ]) {
    const verdict = judge(text, signer.publicKey)
    assert.equal(verdict.kind, 'no-receipt', text)
  }
})

test('another key is named', () => {
  const other = signerFrom(Buffer.alloc(32, 8))
  assert.deepEqual(judge(sealed, other.publicKey), { kind: 'other-key', keyId: signer.publicKey.kid })
  const forged = other.seal(receipt).replace(other.publicKey.kid, signer.publicKey.kid)
  assert.deepEqual(judge(forged, signer.publicKey), { kind: 'changed' })
})

test('the key is a JWK that any library reads, and its id the thumbprint of RFC 7638', () => {
  const { publicKey } = signer
  assert.deepEqual(readPublicKey(JSON.stringify(publicKey)), publicKey)
  assert.deepEqual(readPublicKey(JSON.stringify({ ...publicKey, kid: 'mine' })), publicKey)
  for (const text of [
    '',
    '{}',
    JSON.stringify({ ...publicKey, x: 'AA' }),
    JSON.stringify({ ...publicKey, crv: 'X25519' }),
  ]) {
    assert.equal(readPublicKey(text), undefined, text)
  }
  const { receipt: signed, signature } = JSON.parse(sealed)
  const key = createPublicKey({ key: { ...publicKey }, format: 'jwk' })
  assert.ok(
    verifySignature(null, Buffer.from(canonical(signed)), key, Buffer.from(signature.value, 'base64url')),
  )
  // The example of RFC 8037, appendix A.3.
  const rfc = readPublicKey('{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}')
  assert.equal(rfc?.kid, 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k')
})

test('numbers that cannot be counted exactly are not signed', () => {
  for (const value of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
    assert.throws(() => signer.seal({ value }), RangeError)
  }
})
