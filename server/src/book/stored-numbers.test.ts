import assert from 'node:assert/strict'
import test from 'node:test'
import { moneyWhys, refusalWhys, windowRules } from './journal-refusals.ts'
import { endings } from './op.ts'

test('the numbers that are stored are those of all books there are', () => {
  assert.deepEqual(endings, {
    done: 1,
    failed: 2,
    'client-left-before': 3,
    'client-left-after': 4,
    'cut-after': 5,
    crashed: 6,
    'money-ended': 7,
  })
  assert.deepEqual(windowRules, { sliding: 1, daily: 2, weekly: 3, slot: 4, anchored: 5 })
  assert.deepEqual(refusalWhys, {
    'outside-coverage': 1,
    'not-in-plan': 2,
    'no-plan': 3,
    'window-empty': 4,
    'credits-empty': 5,
    'wallet-empty': 6,
    'cap-reached': 7,
  })
  assert.deepEqual(moneyWhys, {
    'no-access': 1,
    'overflow-off': 2,
    shortage: 3,
    member: 4,
    key: 5,
    wallet: 6,
  })
})
