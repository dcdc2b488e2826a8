import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { BASE62 } from '../ids.ts'
import { macMatches, macOf, mintSecret, parseSecret } from './secret.ts'

const pepper = Buffer.from('pepper of the tests')

test('a secret is prefix, public id, random part and checksum, and is read back', () => {
  for (const [kind, prefix] of [
    ['plan', 'sk-cp-'],
    ['api', 'sk-api-'],
  ] as const) {
    const minted = mintSecret(kind, pepper)
    assert.match(minted.secret, new RegExp(`^${prefix}[0-9A-Za-z]{48}$`))
    assert.deepEqual(parseSecret(minted.secret), { kind, publicId: minted.publicId })
    assert.equal(minted.secret.slice(prefix.length, prefix.length + 10), minted.publicId)
    assert.equal(minted.lastFour, minted.secret.slice(-4))
    assert.equal(minted.kind, kind)
  }
})

test('no two secrets are alike', () => {
  const minted = Array.from({ length: 2_000 }, () => mintSecret('plan', pepper))
  assert.equal(new Set(minted.map(({ secret }) => secret)).size, minted.length)
  assert.equal(new Set(minted.map(({ publicId }) => publicId)).size, minted.length)
})

test('one wrong character, or two that changed places, is no secret', () => {
  const { secret } = mintSecret('plan', pepper)
  fc.assert(
    fc.property(fc.nat(secret.length - 1), fc.nat(BASE62.length - 1), (at, digit) => {
      const typed = secret.slice(0, at) + BASE62[digit] + secret.slice(at + 1)
      assert.equal(parseSecret(typed) !== undefined, typed === secret)
    }),
    { numRuns: 2_000 },
  )
  for (let at = 6; at < secret.length - 1; at++) {
    const swapped = secret.slice(0, at) + secret[at + 1] + secret[at] + secret.slice(at + 2)
    assert.equal(parseSecret(swapped) !== undefined, swapped === secret, `at ${at}`)
  }
})

test('a secret of one kind is none of the other', () => {
  const { secret } = mintSecret('plan', pepper)
  assert.equal(parseSecret(secret.replace('sk-cp-', 'sk-api-')), undefined)
})

test('what is not ours is not looked up', () => {
  const { secret } = mintSecret('api', pepper)
  for (const text of [
    '',
    'sk-',
    'sk-cp-',
    'sk-api-x',
    `${secret}x`,
    secret.slice(0, -1),
    ` ${secret}`,
    `Bearer ${secret}`,
    'sk-ant-api03-abc',
    'x'.repeat(1_000_000),
  ]) {
    assert.equal(parseSecret(text), undefined)
  }
})

test('what is stored recognises its secret and no other, under its own pepper alone', () => {
  const { secret, mac } = mintSecret('plan', pepper)
  assert.match(mac, /^[0-9a-f]{64}$/)
  assert.equal(mac, macOf(secret, pepper))
  assert.ok(macMatches(secret, pepper, mac))
  assert.ok(!macMatches(`${secret}x`, pepper, mac))
  assert.ok(!macMatches(secret, Buffer.from('another'), mac))
  for (const broken of ['', mac.slice(2), `${mac}00`, 'zz'.repeat(32)])
    assert.ok(!macMatches(secret, pepper, broken))
  assert.ok(!mac.includes(secret.slice(6, 16)))
})
