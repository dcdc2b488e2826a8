import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { after } from 'node:test'
import { mediaStoreContract, pattern, pieces, placeOf } from '../../test/contract/media-store-contract.ts'
import { MediaFault } from './media-store.ts'
import { clearSpool, spoolFolderOf } from './spool.ts'
import { folderStore } from './store-folder.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'tokenplan-media-'))
after(() => rmSync(folder, { recursive: true }))

mediaStoreContract('folder', async () => ({
  store: folderStore(folder),
  spoolFolder: spoolFolderOf(folder),
  close: async () => undefined,
}))

test('files are for their owner’s eyes alone, in one of 256 folders', async () => {
  const place = placeOf('modes')
  await folderStore(folder).put(place, pieces(pattern(10), 10))
  const home = path.join(folder, place.slice(0, 2))
  assert.equal(statSync(path.join(home, place.slice(2))).mode & 0o777, 0o600)
  for (const made of [home, spoolFolderOf(folder)]) assert.equal(statSync(made).mode & 0o777, 0o700)
})

test('a folder that cannot be written is the store’s fault', async () => {
  const taken = path.join(folder, 'a-file')
  writeFileSync(taken, '')
  await assert.rejects(folderStore(taken).put(placeOf('x'), pieces(pattern(10), 10)), MediaFault)
  // The spool can be written, the file's home cannot: nothing stays behind in the spool.
  const half = path.join(folder, 'half')
  mkdirSync(half)
  writeFileSync(path.join(half, placeOf('x').slice(0, 2)), '')
  await assert.rejects(folderStore(half).put(placeOf('x'), pieces(pattern(10), 10)), MediaFault)
  assert.deepEqual(readdirSync(spoolFolderOf(half)), [])
})

test('what a crash left in the spool goes, what is being written stays', async () => {
  const spool = path.join(folder, 'spool')
  const now = Date.UTC(2026, 5, 10)
  await clearSpool(spool, now)
  for (const [name, at] of [
    ['old', now - 1],
    ['young', now],
  ] as const) {
    writeFileSync(path.join(spool, name), 'x')
    utimesSync(path.join(spool, name), at / 1000, at / 1000)
  }
  await clearSpool(spool, now)
  assert.deepEqual(readdirSync(spool), ['young'])
})
