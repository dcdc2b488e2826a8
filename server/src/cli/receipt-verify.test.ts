import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { receiptSigner } from '../keys/signed-document.ts'
import { receiptVerify } from './receipt-verify.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'tokenplan-receipt-'))
after(() => rmSync(folder, { recursive: true }))

const secret = 'a root secret for tests, long enough'
const config = { secret, dataFolder: folder }
const signer = receiptSigner(Buffer.from(secret))
const sealed = signer.seal({ id: '0068f1ced4c000', status: 'ended' })

function fileWith(name: string, content: string | Buffer): string {
  const file = path.join(folder, name)
  writeFileSync(file, content)
  return file
}

const receipt = fileWith('receipt.json', sealed)
const key = fileWith('key.json', JSON.stringify(signer.publicKey))

test('0: right, by the key of the data folder or by one that was kept', () => {
  const right = {
    text: `Right: receipt 0068f1ced4c000 (ended), signed with the key ${signer.publicKey.kid}.`,
    exit: 0,
  }
  assert.deepEqual(receiptVerify([receipt], config), right)
  const elsewhere = { secret: undefined, dataFolder: path.join(folder, 'none') }
  assert.deepEqual(receiptVerify([receipt, '--key', key], elsewhere), right)
  assert.deepEqual(receiptVerify(['--key', key, receipt], elsewhere), right)
})

test('1: changed, or signed with another key', () => {
  const changed = fileWith('changed.json', sealed.replace('0068f1', '0068f2'))
  const said = receiptVerify([changed], config)
  assert.match(said.text, /^WRONG: .*changed\.json was changed/)
  assert.equal(said.exit, 1)
  for (const [from, to] of [
    ['"key_id":"', '"key_id":"x'],
    ['"status":"', '"st\\u0061tus":"'],
    ['{"id":"0068f1ced4c000","status":"ended"}', '{"status":"ended","id":"0068f1ced4c000"}'],
  ] as const) {
    assert.ok(sealed.includes(from))
    const { text, exit } = receiptVerify([fileWith('form.json', sealed.replace(from, to))], config)
    assert.match(text, /^WRONG: .*form\.json was changed/)
    assert.equal(exit, 1)
  }
  const other = receiptSigner(Buffer.from('another root secret, long enough too'))
  const otherKey = fileWith('other.json', JSON.stringify(other.publicKey))
  const mismatch = receiptVerify([receipt, '--key', otherKey], config)
  assert.match(
    mismatch.text,
    new RegExp(`^WRONG: .*${signer.publicKey.kid}; this one is ${other.publicKey.kid}`),
  )
  assert.equal(mismatch.exit, 1)
})

test('no byte of the file can be changed, also to one that is no text', () => {
  const bytes = Buffer.from(sealed)
  for (let at = 0; at < bytes.length; at++) {
    for (const byte of [0x20, 0x31, 0x80, 0xff]) {
      if (bytes[at] === byte) continue
      const changed = Buffer.from(bytes)
      changed[at] = byte
      const { exit } = receiptVerify([fileWith('byte.json', changed)], config)
      assert.notEqual(exit, 0, `byte ${at} as ${byte}`)
    }
  }
})

test('2: nothing to judge, each with its line', () => {
  const cut = fileWith('cut.json', sealed.slice(0, -20))
  const none = path.join(folder, 'none.json')
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [[cut], /not a receipt: it is not JSON, or was cut short/],
    [[fileWith('other-json', '{"a":1}')], /not a receipt: it is not a receipt with its signature/],
    [[none], /cannot be read/],
    [[receipt, '--key', none], /cannot be read/],
    [[none, '--key', none], /none\.json cannot be read/],
    [[receipt, '--key', receipt], /is not a public key/],
    [[receipt, '--key'], /^Usage/],
    [[], /^Usage/],
    [[receipt, receipt], /^Usage/],
    [['--json', receipt], /^Usage/],
  ]
  for (const [args, says] of cases) {
    const { text, exit } = receiptVerify(args, config)
    assert.match(text, says)
    assert.equal(exit, 2, text)
    assert.equal(text.split('\n').length, 1)
  }
})

test('2: without a secret none is made', () => {
  const dataFolder = path.join(folder, 'fresh')
  const { text, exit } = receiptVerify([receipt], { secret: undefined, dataFolder })
  assert.match(text, /There is no root secret/)
  assert.equal(exit, 2)
  const without = receiptVerify(['nofile'], { secret: undefined, dataFolder })
  assert.deepEqual(without, { text: 'nofile cannot be read, or is not text.', exit: 2 })
  assert.ok(!existsSync(dataFolder))
})
