import { mintSecret } from '../src/keys/secret.ts'
import { insertSecret } from '../src/keys/statements.ts'
import type { World } from './harness.ts'
import type { Team } from './teams.ts'

/** One more member of a team, with keys of both kinds and no seat. */
export type Member = Pick<Team, 'team' | 'member' | 'planKey' | 'apiKey'>

export async function addMember(world: World, { team }: Pick<Team, 'team'>): Promise<Member> {
  const at = world.now()
  const member = world.ids.next()
  const [planKey, apiKey] = [mintSecret('plan', world.pepper), mintSecret('api', world.pepper)]
  await world.running.book.command(
    [],
    [
      {
        sql: `insert into member (id, team, person, role, credits_access, overflow, joined_at) values (?, ?, ?, 'member', 1, 1, ?)`,
        params: [member, team, member, at],
      },
      insertSecret(planKey, { id: world.ids.next(), team, member, name: 'desk' }, at),
      insertSecret(apiKey, { id: world.ids.next(), team, member, name: 'desk' }, at),
    ],
  )
  return { team, member, planKey: planKey.secret, apiKey: apiKey.secret }
}
