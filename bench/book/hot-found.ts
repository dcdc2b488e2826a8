// Makes the customer that all servers ask about; afterwards counts the rows and proves the books.
import { verify } from '../../server/src/book/verify.ts'
import { found, open } from './open.ts'
import { fiveHours, say, textPlan, told } from './subjects.ts'

const { place, limit, subscription } = told<{
  place: string
  limit: number
  subscription?: number
}>()
const opened = await open(place)
if (subscription === undefined) {
  // Its credits are nobody's, so that what the window refuses is refused.
  const [customer] = await found(opened, 1, textPlan(fiveHours(limit)))
  say({ customer })
} else {
  const [row] = await opened.store.read('select count(*) as holds from hold where subscription = ?', [
    subscription,
  ])
  say({ holds: Number(row?.holds), ok: (await verify(opened.store)).ok })
}
await opened.store.close()
