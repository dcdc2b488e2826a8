import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A team of `bench/found-teams.ts`, founded while no server runs. */
export type Team = { readonly team: number; readonly planKey: string; readonly apiKey: string }

const script = fileURLToPath(new URL('../../bench/found-teams.ts', import.meta.url))

export function foundOne(folder: string, env: Readonly<Record<string, string>>, wanted: object): Team {
  const { PATH = '' } = process.env
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', script, JSON.stringify([wanted])],
    { env: { PATH, TOKENPLAN_DATA: folder, ...env }, encoding: 'utf8' },
  )
  const [team] = status === 0 ? (JSON.parse(stdout) as Team[]) : []
  if (!team) throw new Error(`no team was founded: ${stderr}`)
  return team
}
