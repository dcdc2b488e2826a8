// `npm start`: installs and builds when that is due, then runs the bundle in this very process.
import { checkNode, install } from './set-up.mjs'

checkNode()
install()
const { build, isStale } = await import('./build.mjs')
if (isStale()) {
  console.log('Building …')
  await build()
}
process.argv = [process.argv[0], 'tokenplan', 'demo']
await import('../server/dist/tokenplan.mjs')
