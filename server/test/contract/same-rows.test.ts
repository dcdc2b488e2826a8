import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { after } from 'node:test'
import { readLabels } from '../../src/book/labels.ts'
import { folder as catalogues } from '../../src/catalogue/catalogue-under-test.ts'
import { loadCatalogue } from '../../src/catalogue/read.ts'
import { clockOver } from '../../src/clock.ts'
import { idsFrom } from '../../src/ids.ts'
import { Keyring } from '../../src/keys/keyring.ts'
import { mintSecret } from '../../src/keys/secret.ts'
import { insertSecret, revokeSecret } from '../../src/keys/statements.ts'
import {
  disownExpired,
  type EngineId,
  EngineIds,
  ownEngineId,
  payForVoice,
} from '../../src/media/engine-ids.ts'
import { Media } from '../../src/media/media.ts'
import { folderStore } from '../../src/media/store-folder.ts'
import { migrate } from '../../src/store/migrate.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { keepFirst, readSetting } from '../../src/store/settings.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import type { Store } from '../../src/store/store.ts'
import { beginTask, endTask, type Task, Tasks, takenOn } from '../../src/tasks/tasks.ts'
import {
  addLot,
  assignSeat,
  foundTeam,
  openOperatorAccounts,
  openSubscription,
} from '../../src/teams/found.ts'
import { startPostgres } from '../postgres.ts'

/** Rows of the store's own. */
const OWN: Readonly<Record<string, string>> = { setting: `where name <> 'keys_version'` }

/** What stands above the store does the same over both: it gets the same answers, and the same rows are there at the end. */

const folder = mkdtempSync(path.join(tmpdir(), 'tokenplan-same-'))
const server = await startPostgres({ durable: false })
const stores: readonly Store[] = [
  await openSqlite(path.join(folder, 'tokenplan.db')),
  await openPostgres(await server.createDatabase()),
]
for (const store of stores) await migrate(store)
after(async () => {
  for (const store of stores) await store.close()
  await server.remove()
  rmSync(folder, { recursive: true })
})

const NOW = Date.UTC(2026, 5, 10, 9, 30)
const pepper = Buffer.from('pepper of the tests')
const catalogue = loadCatalogue(`${catalogues}token-plan.yaml`, catalogues)

async function same(what: string, tables: readonly string[], act: (store: Store) => Promise<unknown>) {
  const [one, two] = await Promise.all(
    stores.map(async (store) => {
      const answers = await act(store)
      const rows = tables.map((table) => store.read(`select * from ${table} ${OWN[table] ?? ''} order by 1`))
      return { answers, rows: await Promise.all(rows) }
    }),
  )
  assert.ok(
    one?.rows.every((rows) => rows.length > 0),
    `${what}: rows are left to compare`,
  )
  assert.deepEqual(two, one, what)
}

test('teams, their money and their seats', () =>
  same('teams', ['person', 'team', 'member', 'account', 'subscription', 'seat', 'lot'], async (store) => {
    const ids = idsFrom(() => NOW)
    const founded = foundTeam(ids, { email: 'a@b.example', passwordHash: 'hash' }, 'Our “team”', NOW)
    const plan = catalogue.plans.get('max')
    assert.ok(plan)
    const { team, member } = founded
    const sold = openSubscription(ids, catalogue, plan, { team, at: NOW, endsAt: null })
    const lot = addLot(ids, { team, nanos: 5e12, at: NOW, expiresAt: NOW + 1 }, 'bought')
    const twice = [...openOperatorAccounts(), ...openOperatorAccounts()]
    const seat = assignSeat(sold.subscription, team, member, NOW)
    const answers = [
      await store.job([...twice, ...founded.statements, ...sold.statements, seat, ...lot.statements]),
    ]
    await assert.rejects(store.job(founded.statements))
    return answers
  }))

test('keys are recognised with their seats, until they are revoked', () => {
  const [plan, api] = [mintSecret('plan', pepper), mintSecret('api', pepper)]
  return same('keys', ['secret', 'seat'], async (store) => {
    const owner = { team: 1_007, member: 1_008 }
    await store.job([
      insertSecret(plan, { id: 1, ...owner, name: 'laptop' }, NOW),
      insertSecret(api, { id: 2, ...owner, name: 'server' }, NOW),
      assignSeat(1_006, owner.team, owner.member, NOW),
    ])
    const recognise = async () => {
      const keyring = new Keyring(store, pepper)
      return [await keyring.recognise(plan.secret), await keyring.recognise(api.secret)]
    }
    const before = await recognise()
    const changes = await store.job([
      revokeSecret(2, NOW + 1),
      revokeSecret(2, NOW + 2),
      revokeSecret(99, NOW),
    ])
    return [before, changes, await recognise()]
  })
})

test('settings and labels', () =>
  same('settings', ['setting', 'label'], async (store) => {
    const before = await readSetting(store, 'clock_offset_ms')
    await store.job([keepFirst('clock_offset_ms', '5')])
    await store.job([keepFirst('clock_offset_ms', '70')])
    const ids = idsFrom(() => NOW)
    const labels = await readLabels(store, ['text', 'Zebra', 'apple'], ids)
    const again = await readLabels(store, ['apple', 'äpple', 'text'], ids)
    const full = { ...store, job: () => assert.fail('what is known is not written again') }
    await readLabels(full, ['apple', 'text'], ids)
    const of = ['text', 'Zebra', 'apple'].map(labels.of)
    const ordered = await store.read('select name from label order by name')
    return [before, await readSetting(store, 'clock_offset_ms'), of, again.of('äpple'), ordered]
  }))

test('tasks are begun, taken on, and ended once', () =>
  same('tasks', ['task'], async (store) => {
    const task = (id: number): Task => ({
      ...{ id, hold: id + 100, team: 7, member: 8, kind: 'video', model: 'film', upstream: 'engine' },
      ...{ remote_id: null, state: 'Preparing', file: null, width: null, height: null, code: 0, message: '' },
      ...{ callback_url: null, first_uses: '[]', created_at: NOW, deadline_at: NOW + 1, ended_at: null },
    })
    const end = { state: 'Success', file: 5, width: 1, height: 2, code: 0, message: '', at: NOW } as const
    await store.job([1, 2, 3].map((id) => beginTask(task(id))))
    const changes = await store.job([
      takenOn(1, 'remote-1'),
      takenOn(2, 'remote-2'),
      endTask(1, end),
      endTask(1, { ...end, state: 'Fail', message: 'no' }),
      takenOn(1, 'too late'),
    ])
    const tasks = new Tasks(store)
    return [changes, await tasks.running(), await tasks.find(1, 7), await tasks.find(1, 8)]
  }))

test('what an engine keeps takes the place of what has expired, and of nothing else', () =>
  same('engine ids', ['engine_id'], async (store) => {
    const row = (id: number, more: Partial<EngineId> = {}): EngineId => ({
      ...{ id, team: 7, member: 8, kind: 'voice_cloning', name: 'sailor', upstream: 'engine' },
      ...{ remote_id: `remote-${id}`, description: '', created_at: NOW, expires_at: NOW + 10, paid_at: null },
      ...more,
    })
    const cover = { kind: 'cover_feature', name: 'song' } as const
    const changes = await store.job([
      ownEngineId(row(1)),
      ownEngineId(row(2)),
      ownEngineId(row(3, { created_at: NOW + 10, expires_at: NOW + 20 })),
      ownEngineId(row(4, cover)),
      ownEngineId(row(5, { ...cover, expires_at: NOW + 30 })),
      payForVoice(3, NOW + 11),
      disownExpired(3, NOW + 99),
      ownEngineId(row(6, { name: 'captain' })),
      disownExpired(6, NOW + 10),
    ])
    const kept = new EngineIds(store)
    const asked = [
      kept.voice(7, 'sailor', NOW),
      kept.coverFeature(7, 'song', NOW + 30),
      kept.voicesOf(7, NOW),
    ]
    return [changes, await Promise.all(asked), await kept.expired(NOW + 30), await kept.isKept('remote-3')]
  }))

test('files are stored, listed, counted, deleted and swept', () =>
  same('files', ['file_upstream'], async (store) => {
    const time = { now: NOW }
    const clock = clockOver(() => time.now)
    const place = mkdtempSync(path.join(folder, 'media-'))
    const secret = Buffer.alloc(32, 7)
    const parts = {
      store,
      ids: idsFrom(() => NOW),
      clock,
      secret,
      objects: folderStore(place),
      bytesPerTeam: 1_000,
    }
    const media = new Media(parts)
    const about = { name: 'a', purpose: 't2a', contentType: 'audio/mpeg', expiresAt: NOW + 1_000 }
    const put = (bytes: number, most = bytes) => media.put({ team: 7, member: 8 }, about, source(bytes), most)
    const first = await put(600)
    // At once: there is room for one of them.
    const both = await Promise.allSettled([put(300), put(300)])
    await media.rememberRemote(first.id, 'engine', 'remote')
    await media.rememberRemote(first.id, 'engine', 'remote again')
    const listed = await media.list(7, 't2a', 10)
    const removed = [await media.remove(7, first.id), await media.remove(7, first.id)]
    const known = await media.remoteId(listed[0]?.id ?? 0, 'engine')
    await media.rememberRemote(99, 'engine', 'stays')
    time.now += 1_000
    await media.sweep()
    const left = await store.read('select count(*) as files from file')
    const withoutPlace = listed.map(({ place: _, ...file }) => file)
    return [both.map(({ status }) => status).sort(), withoutPlace, removed, known, left]
  }))

async function* source(bytes: number) {
  yield Buffer.alloc(bytes, 1)
}
