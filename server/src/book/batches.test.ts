import assert from 'node:assert/strict'
import test, { mock } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Batches } from './batches.ts'
import type { Batch, Journal } from './journal-sqlite.ts'
import type { Op } from './op.ts'

/** Ops are opaque to the batches; ends are what is kept after a failure. */
function op(id: number, kind: 'hold' | 'end' | 'fund' = 'hold'): Op {
  return { kind, id } as unknown as Op
}

class Disk implements Journal {
  readonly written: Batch[] = []
  attempts = 0
  failures = 0
  hold: Promise<void> | undefined

  async write(batch: Batch): Promise<void> {
    this.attempts++
    await this.hold
    if (this.failures > 0) {
      this.failures--
      throw new Error('disk full')
    }
    this.written.push(batch)
  }

  async sweep(): Promise<number> {
    return 0
  }

  ids(): number[][] {
    return this.written.map(({ ops }) => ops.map((each) => (each as unknown as { id: number }).id))
  }
}

function open(disk = new Disk(), firstNumber = 0) {
  const takenBack: Op[] = []
  const batches = new Batches(disk, firstNumber, (ops) => {
    takenBack.push(...ops.filter(({ kind }) => kind === 'hold'))
    return ops.filter(({ kind }) => kind === 'end')
  })
  return { disk, batches, takenBack }
}

/** Enough turns of the event loop for whatever needs no timer. */
async function turns(): Promise<void> {
  for (let count = 0; count < 12; count++) await turn()
}

function gate() {
  let open: () => void = () => undefined
  const closed = new Promise<void>((resolve) => {
    open = resolve
  })
  return { closed, open }
}

test('what is handed in during one turn is one batch', async () => {
  const { disk, batches } = open()
  await Promise.all([
    batches.append(op(1)),
    batches.append(op(2)),
    batches.appendAll([op(3)], [{ sql: 's', params: [] }]),
  ])
  assert.deepEqual(disk.ids(), [[1, 2, 3]])
  assert.deepEqual(disk.written[0]?.statements, [{ sql: 's', params: [] }])
})

test('what arrives while the disk is busy is the next batch, and waits for it', async () => {
  const { disk, batches } = open()
  const { closed, open: free } = gate()
  disk.hold = closed
  const first = batches.append(op(1))
  await turns()
  let secondDone = false
  const second = batches.append(op(2)).then(() => {
    secondDone = true
  })
  const third = batches.append(op(3))
  await turns()
  assert.equal(disk.attempts, 1)
  free()
  await first
  assert.equal(secondDone, false)
  await Promise.all([second, third])
  assert.deepEqual(disk.ids(), [[1], [2, 3]])
})

test('batches are numbered from the last one on disk, failed ones included', async () => {
  const { disk, batches } = open(new Disk(), 41)
  await batches.append(op(1))
  disk.failures = 1
  await assert.rejects(batches.append(op(2)))
  await batches.append(op(3))
  assert.deepEqual(
    disk.written.map(({ number }) => number),
    [42, 44],
  )
})

test('what rides goes with the next batch, at its place', async () => {
  const { disk, batches } = open()
  batches.ride(op(1, 'end'))
  await turns()
  assert.equal(disk.attempts, 0, 'nobody waits, so nothing is written yet')
  await batches.append(op(2))
  assert.deepEqual(disk.ids(), [[1, 2]])
})

test('what rides and finds no company is written alone soon after', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.after(() => mock.timers.reset())
  const { disk, batches } = open()
  batches.ride(op(1, 'end'))
  batches.ride(op(2, 'end'))
  mock.timers.tick(49)
  await turns()
  assert.deepEqual(disk.ids(), [])
  mock.timers.tick(1)
  await turns()
  assert.deepEqual(disk.ids(), [[1, 2]])
})

test('what rode in while the disk was busy is written soon after', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.after(() => mock.timers.reset())
  const { disk, batches } = open()
  const { closed, open: free } = gate()
  disk.hold = closed
  const first = batches.append(op(1))
  await turns()
  batches.ride(op(2, 'end'))
  mock.timers.tick(50)
  free()
  await first
  await turns()
  mock.timers.tick(50)
  await turns()
  assert.deepEqual(disk.ids(), [[1], [2]])
})

test('a batch that is not written: holds are taken back, every caller is told, statements are dropped', async () => {
  const { disk, batches, takenBack } = open()
  disk.failures = 1
  const callers = [batches.append(op(1)), batches.appendAll([op(2, 'fund')], [{ sql: 's', params: [] }])]
  for (const caller of callers) await assert.rejects(caller, /disk full/)
  assert.deepEqual(takenBack, [op(1)])
  await batches.append(op(3))
  assert.deepEqual(disk.ids(), [[3]])
  assert.deepEqual(disk.written[0]?.statements, [])
})

/** What of other tables was written, batch by batch. */
const written = (disk: Disk) => disk.written.map(({ statements }) => statements.map(({ sql }) => sql))
const saying = (sql: string) => [{ sql, params: [] }]

test('statements of an op are written with it, after those of the batch, in the order of the ops', async () => {
  const { disk, batches } = open()
  await Promise.all([
    batches.append(op(1), saying('of 1')),
    batches.append(op(2, 'end'), [...saying('of 2'), ...saying('of 2 too')]),
    batches.append(op(3)),
    batches.appendAll([op(4, 'fund')], saying('of all')),
  ])
  await batches.append(op(5))
  assert.deepEqual(disk.ids(), [[1, 2, 3, 4], [5]])
  assert.deepEqual(written(disk), [['of all', 'of 1', 'of 2', 'of 2 too'], []])
})

test('of a batch that is not written, statements of ends are kept with them and written once; those of holds are dropped', async () => {
  const { disk, batches, takenBack } = open()
  disk.failures = 2
  const failing = [
    batches.append(op(1), saying('of a hold')),
    batches.append(op(2, 'end'), saying('of an end')),
    batches.appendAll([op(3, 'fund')], saying('of all')),
  ]
  for (const caller of failing) await assert.rejects(caller, /disk full/)
  await assert.rejects(batches.append(op(4, 'end'), saying('of a later end')), /disk full/)
  assert.deepEqual(takenBack, [op(1)])
  await batches.append(op(5), saying('of 5'))
  await batches.append(op(6))
  assert.deepEqual(disk.ids(), [[2, 4, 5], [6]])
  assert.deepEqual(written(disk), [['of an end', 'of a later end', 'of 5'], []])
})

test('statements of an end that could not be written are written by a drain', async () => {
  const { disk, batches } = open()
  disk.failures = 1
  await assert.rejects(batches.append(op(1, 'end'), saying('of 1')))
  await batches.drain()
  assert.deepEqual(written(disk), [['of 1']])
})

test('ends of a batch that is not written go with the next one, once and first', async () => {
  const { disk, batches } = open()
  disk.failures = 2
  batches.ride(op(1, 'end'))
  await assert.rejects(batches.append(op(2, 'end')))
  await assert.rejects(batches.append(op(3)))
  await batches.append(op(4))
  await turns()
  assert.deepEqual(disk.ids(), [[1, 2, 4]])
})

test('after a failure with nobody waiting the ends are tried again after a second, until they are written', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.after(() => mock.timers.reset())
  const { disk, batches } = open()
  disk.failures = 3
  await assert.rejects(batches.append(op(1, 'end')))
  for (const attempts of [2, 3, 4]) {
    mock.timers.tick(999)
    await turns()
    assert.equal(disk.attempts, attempts - 1, 'a full disk is not hammered')
    mock.timers.tick(1)
    await turns()
    assert.equal(disk.attempts, attempts)
  }
  assert.deepEqual(disk.ids(), [[1]])
  mock.timers.tick(10_000)
  await turns()
  assert.equal(disk.attempts, 4)
})

test('a caller does not wait for the second after a failure', async () => {
  const { disk, batches } = open()
  disk.failures = 1
  await assert.rejects(batches.append(op(1, 'end')))
  await batches.append(op(2))
  assert.deepEqual(disk.ids(), [[1, 2]])
})

test('drain writes what is there, without any timer', async () => {
  const { disk, batches } = open()
  await batches.drain()
  assert.equal(disk.attempts, 0)
  batches.ride(op(1, 'end'))
  await batches.drain()
  assert.deepEqual(disk.ids(), [[1]])
})

test('drain waits for the batch on its way and for what came after it', async () => {
  const { disk, batches } = open()
  const { closed, open: free } = gate()
  disk.hold = closed
  const first = batches.append(op(1))
  await turns()
  batches.ride(op(2, 'end'))
  let drained = false
  const drain = batches.drain().then(() => {
    drained = true
  })
  await turns()
  assert.equal(drained, false)
  free()
  await Promise.all([first, drain])
  assert.deepEqual(disk.ids(), [[1], [2]])
})

test('drain writes what a batch on its way hands back', async () => {
  const { disk, batches } = open()
  const { closed, open: free } = gate()
  disk.hold = closed
  disk.failures = 1
  const failing = batches.append(op(1, 'end'))
  failing.catch(() => undefined)
  await turns()
  const drain = batches.drain()
  free()
  await drain
  await assert.rejects(failing)
  assert.deepEqual(disk.ids(), [[1]])
})

test('drain gives up on a disk that stays broken, and what it left is still written when the disk recovers', async () => {
  const { disk, batches } = open()
  disk.failures = Number.POSITIVE_INFINITY
  batches.ride(op(1, 'end'))
  await batches.drain()
  assert.equal(disk.attempts, 3)
  disk.failures = 0
  await batches.append(op(2))
  assert.deepEqual(disk.ids(), [[1, 2]])
})

test('a journal that throws at once fails its callers and nobody after them', async () => {
  const { disk, batches } = open()
  const write = disk.write.bind(disk)
  disk.write = () => {
    throw new Error('not even begun')
  }
  await assert.rejects(batches.append(op(1)), /not even begun/)
  disk.write = write
  await batches.append(op(2))
  assert.deepEqual(disk.ids(), [[2]])
})
