import assert from 'node:assert/strict'
import { test } from 'node:test'
import { say } from '../src/say.ts'

const answerTo = (text: string, results: string[] = []) => say({ text, results, variant: 0 }).text

test('sums', () => {
  for (const [asked, said] of [
    ['2+2', '2+2 = 4.'],
    ['What is 2 + 2?', '2 + 2 = 4.'],
    ['what is 3 times 4', '3 * 4 = 12.'],
    ['6x7', '6*7 = 42.'],
    ['(1+2)*3^2 please', '(1+2)*3^2 = 27.'],
    ['0.1+0.2', '0.1+0.2 = 0.3.'],
    ['7 - 10', '7 - 10 = -3.'],
    ['1/0', '1/0 = undefined.'],
  ] as const) {
    assert.equal(answerTo(asked), said)
  }
  for (const text of ['on 2026-01-02', 'version 3', '5 apples', '(((((', '1+', '-'.repeat(3_000)]) {
    assert.doesNotMatch(answerTo(text), / = /)
  }
})

test('says what it is told to', () => {
  for (const [asked, said] of [
    ['say hi', 'hi'],
    ['Say "good morning, all" to them', 'good morning, all'],
    ['Reply with OK.', 'OK'],
    ['Please reply with exactly: pong', 'pong'],
    ['Respond only with the word ready and nothing else.', 'ready'],
    ['echo 3.14', '3.14'],
    ['Hello. Just answer with yes. Then stop', 'yes'],
    ['请回复：好的', '好的'],
  ] as const) {
    assert.equal(answerTo(asked), said)
  }
  assert.match(answerTo('what did he say about it'), /"what did he say about it"/)
})

test('counts', () => {
  assert.equal(answerTo('count to 3'), '1, 2, 3')
  assert.equal(answerTo('Count from 5 to 7'), '5, 6, 7')
  assert.match(answerTo('How many words are there in: one two three?'), /has 3 words/)
  assert.match(answerTo('count the letters in "a1b2"'), /has 2 letters/)
})

test('is honest about itself', () => {
  for (const text of ['Who are you?', 'which model is this', 'are you Claude?', '你是谁']) {
    assert.match(answerTo(text), /tokenplan sandbox.*no model behind/)
  }
  assert.match(answerTo('explain quicksort to my cat'), /5 words.*explain quicksort.*no model is behind/s)
})

test('reports tool results, whatever was asked', () => {
  assert.match(answerTo('say hi', ['sunny', '21 degrees']), /"sunny" and "21 degrees"/)
  assert.doesNotMatch(answerTo('x', [`a${'😀'.repeat(5_000)}`]), /\p{Surrogate}/u)
})
