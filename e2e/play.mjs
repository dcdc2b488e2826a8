// Plays a scene row by row, and asks the books at its end.
import { refusedHonestly } from './said.mjs'
import { between, costOf, isSame, shown, sumOf } from './spent.mjs'
import { openStage } from './stage.mjs'

const REFUSED_WITHIN_SECONDS = 20
const MOST_SHOWN_CHARS = 3000

/** Every row a scene will have, before anything is started: a row that is not reached stays "not run". */
export function rowsOf(scene, only) {
  const answered = scene.answered.flatMap((client) => client.steps.map((step) => rowOf(client, step)))
  const refused = scene.refused.map((client) => rowOf(client, refusalOf(client, scene.refusal)))
  const rows = [...answered, ...refused]
  const named = ({ client, step }) =>
    step.always || only.length === 0 || only.some((word) => client.toLowerCase().includes(word))
  for (const row of rows.filter((row) => !named(row))) row.result = 'skipped'
  return [...rows, ...closingRows(rows, scene)]
}

function rowOf({ name, version }, step) {
  return { client: name, version, command: step.command, step, result: 'not run' }
}

function refusalOf({ refused, refusedWithinSeconds = REFUSED_WITHIN_SECONDS }, { why, says, key }) {
  return {
    command: `${refused.command} (${why})`,
    units: 0,
    seconds: refusedWithinSeconds,
    run: async (place) => refusedHonestly(await refused.run(key ? { ...place, key } : place), says),
  }
}

/** The product itself: that it ends properly, and that its books say what the rows say. */
function closingRows(rows, scene) {
  const row = (command, check) => ({ client: 'tokenplan', version: '', command, check, result: 'not run' })
  const closing = [
    row('spent = cost of the rows above', (stage) => allAddsUp(stage, rows)),
    row('ends on SIGTERM', (stage) => stage.stop()),
    row('verify --json', verified),
  ]
  return scene.mayLog ? closing : [...closing, row('logged no trouble', loggedNothing)]
}

async function allAddsUp(stage, rows) {
  const spent = await stage.spent()
  const cost = sumOf(rows.map(({ spent = {} }) => spent))
  if (!isSame(spent, cost))
    throw new Error(`The books say ${shown(spent)}, the rows above cost ${shown(cost)}.`)
  return spent
}

async function verified(stage) {
  const proof = await stage.verify()
  if (!proof.ok || proof.openHolds !== 0) throw new Error(JSON.stringify(proof, null, 2))
}

async function loggedNothing(stage) {
  const complaints = stage.complaints()
  if (complaints !== '') throw new Error(complaints.slice(0, MOST_SHOWN_CHARS))
}

export async function playScene(scene, rows, show) {
  let stage
  try {
    stage = await openStage(scene)
  } catch (error) {
    rows[0].detail = error.message
  }
  for (const row of rows) {
    if (stage && row.result !== 'skipped') await play(row, stage)
    show(row)
  }
}

async function play(row, stage) {
  const began = performance.now()
  try {
    if (row.step) await playStep(row, stage)
    else row.spent = await row.check(stage)
    row.result = 'ok'
  } catch (error) {
    row.result = 'FAILED'
    row.detail = error.message
  }
  if (row.spent) row.cost = shown(row.spent)
  row.seconds = ((performance.now() - began) / 1000).toFixed(1)
}

async function playStep(row, stage) {
  const { step } = row
  const before = await stage.spent()
  try {
    await step.run(stage.place(`${row.client} ${row.version}`, step.seconds))
  } finally {
    row.spent = between(before, await stage.spent())
  }
  const cost = costOf(step)
  if (!isSame(row.spent, cost)) throw new Error(`It cost ${shown(row.spent)} instead of ${shown(cost)}.`)
}
