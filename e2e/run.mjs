// `npm run e2e [client …]`: the real clients against a server started as a user starts it. Ends with 1 unless every row is ok;
// naming clients skips the others, which is for working on one and never a success.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { checkNode, install } from '../scripts/set-up.mjs'
import { installClients } from './install.mjs'
import { endAllGroups } from './run-command.mjs'

checkNode()
install()
installClients()
// Only now: these need the product's packages, and the clients to be there.
const { closeTheWayOut } = await import('./outside.mjs')
const { scenes } = await import('./scenes.mjs')
const { playScene, rowsOf } = await import('./play.mjs')
const { shown, sumOf } = await import('./spent.mjs')
const { tableOf } = await import('./table.mjs')

const only = process.argv.slice(2).map((word) => word.toLowerCase())
const folder = mkdtempSync(path.join(tmpdir(), 'tokenplan-e2e-'))
const outside = await closeTheWayOut()
process.once('exit', endAllGroups)
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    endAllGroups()
    rmSync(folder, { recursive: true, force: true })
    process.exit(1)
  })
}

const planned = scenes.map((scene) => ({ scene, rows: rowsOf(scene, only) }))
const table = tableOf(planned.flatMap(({ rows }) => rows))
for (const [at, { scene, rows }] of planned.entries()) {
  console.log(`\nBehind the server: ${scene.title}\n\n${table.head}`)
  await playScene({ ...scene, folder: path.join(folder, `scene-${at + 1}`), outside }, rows, (row) =>
    console.log(table.line(row)),
  )
}
outside.close()
report(planned.flatMap(({ rows }) => rows))

function report(rows) {
  const bad = rows.filter(({ result }) => result !== 'ok')
  for (const { client, version, command, result, detail } of bad.filter(({ detail }) => detail)) {
    console.log(`\n${result}: ${client} ${version}, ${command}\n${detail.replaceAll(/^/gm, '  ')}`)
  }
  const hosts = [...outside.wanted].map(([host, times]) => `${host} (${times})`).join(', ')
  console.log(`\nOutside hosts asked for, none reached: ${hosts || 'none'}`)
  const cost = shown(sumOf(rows.map(({ step, spent = {} }) => (step ? spent : {}))))
  console.log(`${rows.length - bad.length} of ${rows.length} ok; the clients' calls cost ${cost}.`)
  if (bad.length === 0) rmSync(folder, { recursive: true, force: true })
  else console.log(`What they left is kept in ${folder}`)
  process.exit(bad.length === 0 ? 0 : 1)
}
