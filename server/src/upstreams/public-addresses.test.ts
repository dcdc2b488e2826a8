import assert from 'node:assert/strict'
import test from 'node:test'
import { isPublic } from './public-addresses.ts'

const refused = [
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '127.0.0.1',
  '169.254.169.254',
  '172.31.255.255',
  '192.168.0.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:10.0.0.1',
  '64:ff9b::a00:1',
  '2002:a00:1::',
  '2001:db8::1',
  '2001::1',
  'fc00::1',
  'fe80::1',
  'fec0::1',
  'ff02::1',
  'example.com',
  '',
]
for (const address of refused)
  test(`${address || '(nothing)'} is not public`, () => assert.ok(!isPublic(address)))

for (const address of [
  '1.1.1.1',
  '9.255.255.255',
  '172.32.0.1',
  '100.128.0.1',
  '2606:4700::1111',
  '2a00::1',
]) {
  test(`${address} is public`, () => assert.ok(isPublic(address)))
}
