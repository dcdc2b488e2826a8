import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { entitlementAt, findModel } from './catalogue.ts'
import { folder, lineOf, nested, problemsOf, readOver, shipped } from './catalogue-under-test.ts'
import { type FindFile, loadCatalogue, readCatalogue } from './read.ts'

describe('extends', () => {
  test('changes what is written and keeps the rest', () => {
    const own = readOver(nested('plans:', 'max:', 'quotas:', 'text: { five-hours: 7 }'))
    const text = own.plans.get('max') && entitlementAt(own.plans.get('max') ?? assert.fail(), 'text', 0)
    assert.equal(text?.quotas[0]?.limitUnits, 7)
    assert.equal(own.plans.get('max')?.entitlements.length, 10)
    assert.equal(own.plans.size, 6)
  })

  test('makes another kind of a window, with its quotas', () => {
    const text = (yaml: string) => readOver(yaml).plans.get('max')?.entitlements[0]?.quotas
    const windows = nested('windows:', 'five-hours: { kind: slot, zone: Asia/Shanghai }')
    assert.deepEqual(text(windows), [
      {
        rule: { name: 'five-hours', kind: 'slot', windowMs: 18_000_000, zone: 'Asia/Shanghai' },
        limitUnits: 15_000,
      },
    ])
    const week = 'week: { kind: anchored, length: 7d }\nweekly: { window: week, times: { five-hours: 10 } }'
    assert.deepEqual(
      text(`windows:\n  five-hours: { kind: anchored, length: 5h }\n  ${week}`)?.map(({ rule }) => rule),
      [
        { name: 'five-hours', kind: 'anchored', windowMs: 18_000_000 },
        { name: 'week', kind: 'anchored', windowMs: 7 * 86_400_000 },
      ],
    )
  })

  test('a mistake in the file below is named there', () => {
    const findBroken: FindFile = (fileName) => ({
      fileName,
      text: shipped.replace('version: 1 ', 'version: one '),
    })
    const place = `token-plan.yaml:${lineOf(shipped, 'version:')}:10 version: `
    const [problem = ''] = problemsOf(() => readCatalogue('extends: token-plan.yaml', 'own.yaml', findBroken))
    assert.ok(problem.startsWith(place), problem)
  })

  test('a file that is not there, and a circle', () => {
    assert.deepEqual(
      problemsOf(() => readCatalogue('extends: no.yaml', 'own.yaml')),
      ['own.yaml:1:10 extends: there is no file "no.yaml" to extend'],
    )
    const circle: FindFile = (fileName) => ({ fileName, text: 'extends: own.yaml' })
    assert.deepEqual(
      problemsOf(() => readCatalogue('extends: b.yaml', 'own.yaml', circle)),
      ['b.yaml:1:10 extends: goes in a circle: own.yaml → b.yaml → own.yaml'],
    )
  })

  test('loadCatalogue looks beside the file first, then among the shipped ones', () => {
    const root = mkdtempSync(join(tmpdir(), 'catalogue-'))
    try {
      mkdirSync(join(root, 'own'))
      writeFileSync(join(root, 'own', 'own.yaml'), 'extends: token-plan.yaml\nname: Mine\n')
      assert.equal(loadCatalogue(join(root, 'own', 'own.yaml'), folder).name, 'Mine')
      assert.equal(problemsOf(() => loadCatalogue(join(root, 'own', 'own.yaml'))).length, 1)
      writeFileSync(join(root, 'own', 'token-plan.yaml'), shipped.replace('zone: UTC', 'zone: Asia/Shanghai'))
      const beside = loadCatalogue(join(root, 'own', 'own.yaml'), folder)
      assert.deepEqual(beside.windows.get('day'), { name: 'day', kind: 'daily', zone: 'Asia/Shanghai' })
    } finally {
      rmSync(root, { recursive: true })
    }
  })
})

describe('what a catalogue may say', () => {
  test('a promotion that ends leaves its base, or no entitlement', () => {
    const own = readOver(nested('promotions:', 'music-2.6: { until: 2026-09-01 }'))
    const endsAt = Date.UTC(2026, 8, 1)
    const songs = (plan: string, at: number) =>
      entitlementAt(own.plans.get(plan) ?? assert.fail(), 'music-2.6', at)?.quotas.map(
        ({ limitUnits }) => limitUnits,
      )
    assert.deepEqual(songs('max', endsAt - 1), [100])
    assert.deepEqual(songs('max', endsAt), [4])
    assert.deepEqual(songs('ultra-highspeed', endsAt), [15])
    assert.deepEqual(songs('plus', endsAt - 1), [100])
    assert.equal(songs('plus', endsAt), undefined)
  })

  test('a weekly quota written by hand stays as written', () => {
    const own = readOver(
      'windows: { week: { kind: weekly, zone: Asia/Shanghai } }\nweekly: { window: week, times: { five-hours: 10 } }\n' +
        'plans: { max: { quotas: { text: { week: 99 } } } }',
    )
    const units = (plan: string, resource: string) =>
      entitlementAt(own.plans.get(plan) ?? assert.fail(), resource, 0)?.quotas.map(
        ({ limitUnits }) => limitUnits,
      )
    assert.deepEqual(units('max', 'text'), [15000, 99])
    assert.deepEqual(units('plus', 'text'), [4500, 45000])
    assert.deepEqual(units('max', 'image-01'), [120])
    assert.deepEqual(own.windows.get('week'), { name: 'week', kind: 'weekly', zone: 'Asia/Shanghai' })
  })

  test('prices are read from the text, never through a float', () => {
    const own = readOver(nested('models:', 'MiniMax-M2.7:', 'tokens: { input: 0.100000001, output: "1.10" }'))
    const prices = own.models.get('MiniMax-M2.7')?.tokenPrices
    assert.equal(prices?.inputNanosPerMillion, 100_000_001)
    assert.equal(prices?.outputNanosPerMillion, 1_100_000_000)
  })

  test('a catch-all alias, and an operator’s own model', () => {
    const own = readOver(
      'aliases: { "*": qwen3:32b }\nmodels:\n  qwen3:32b: { modality: text, resource: text, released: 2026-01-01T08:00+08:00, context: 32768, tokens: { input: 0.1, output: 0.2 } }',
    )
    assert.equal(findModel(own, 'anything')?.id, 'qwen3:32b')
    assert.equal(findModel(own, 'claude-x')?.id, 'MiniMax-M2.7')
    assert.equal(own.models.get('qwen3:32b')?.createdAt, Date.UTC(2026, 0, 1) / 1000)
  })
})
