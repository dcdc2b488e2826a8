// Hangs up after every byte of the request and of the answer, of small exchanges of every kind, paid by a plan and by money,
// and holds what is charged to the table of docs/token-plan/what-is-charged.md. Not part of npm test, which tries some of
// the bytes: about 17,000 requests, some minutes.   node scripts/hang-up.mjs [--every 1]
import { register } from 'tsx/esm/api'
import { flagIn } from '../bench/flags.mjs'
import { markdownTable } from '../bench/table.mjs'

register()
const { openWorld } = await import('../server/test/harness.ts')
const { everyOffset, hangUpEverywhere } = await import('../server/test/hang-up-everywhere.ts')

const every = Number(flagIn('every', 1))
const world = await openWorld()
const lines = []
try {
  const offsets = (length) =>
    everyOffset(length).filter((offset) => offset % every === 0 || offset === length)
  await hangUpEverywhere(world, offsets, ({ name, payer, requests, answers }) => {
    console.error(`${name}, paid by ${payer}: right at ${requests} + ${answers} bytes`)
    lines.push([name, payer, requests, answers, 'by the table'])
  })
  console.log(
    markdownTable(
      ['exchange', 'paid by', 'offsets in the request', 'offsets in the answer', 'charged'],
      lines,
    ),
  )
  if (world.logs.length > 0) throw new Error(`the server logged: ${world.logs.join('\n')}`)
} finally {
  await world.close()
}
