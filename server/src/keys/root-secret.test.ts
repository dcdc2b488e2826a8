import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { after, beforeEach } from 'node:test'
import { ConfigFault } from '../config.ts'
import { hashPassword } from './password.ts'
import { rootSecret } from './root-secret.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'tokenplan-secret-'))
const file = path.join(folder, 'secret')

after(() => rmSync(folder, { recursive: true }))
beforeEach(() => rmSync(file, { force: true }))

test('a secret is made once, readable by its owner alone, and kept', () => {
  const made = rootSecret(undefined, folder)
  assert.equal(made.length, 32)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.deepEqual(rootSecret(undefined, folder), made)
  rmSync(file)
  assert.notDeepEqual(rootSecret(undefined, folder), made)
})

test('a given secret wins, is written nowhere, and must be long', () => {
  const given = 'correct horse battery staple, twice'
  assert.deepEqual(rootSecret(given, folder), Buffer.from(given))
  assert.ok(!existsSync(file))
  assert.throws(() => rootSecret('short', folder), ConfigFault)
})

test('a secret that was cut short stops the start and is left as it is', () => {
  const whole = rootSecret(undefined, folder).toString('hex')
  for (const content of ['', '\n', whole.slice(0, 62), `${whole}00`, 'not hexadecimal'.repeat(5)]) {
    writeFileSync(file, content)
    assert.throws(() => rootSecret(undefined, folder), /must hold 64 hex digits/)
    assert.equal(readFileSync(file, 'utf8'), content)
  }
})

test('a password is hashed with a salt of its own, and the text names the cost', () => {
  const [one, two] = [hashPassword('same'), hashPassword('same')]
  assert.match(one, /^scrypt\$16384\$8\$1\$[\w-]{22}\$[\w-]{43}$/)
  assert.notEqual(one, two)
})
