import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { inPackage, versionOf } from '../install.mjs'
import { exportsOf, fileOf } from '../pasted.mjs'
import { leftProof, proof, succeeded } from '../said.mjs'

const pack = '@anthropic-ai/claude-code'

const claude = (place, env, ...args) =>
  place.run(process.execPath, [inPackage(pack, 'cli-wrapper.cjs'), '-p', ...args], env)

/** As the README says: these variables and nothing else. */
const asInReadme = (place) =>
  claude(place, exportsOf('README.md', /^(ANTHROPIC|CLAUDE)_/, place), 'What is 2+2?')

/** As its own page says: a settings file that stays. */
function settle(place) {
  const settings = fileOf('docs/token-plan/claude-code.md', 'json', 'ANTHROPIC_BASE_URL', place)
  mkdirSync(path.join(place.home, '.claude'), { recursive: true })
  writeFileSync(path.join(place.home, '.claude/settings.json'), settings)
}

const asksForBash = `[[tool Bash ${JSON.stringify({ command: proof.command, description: 'Leave a proof' })}]] Please do it.`

export const claudeCode = {
  name: 'Claude Code',
  version: versionOf(pack),
  dialects: ['anthropic'],
  steps: [
    {
      command: "claude -p 'What is 2+2?', README's lines",
      units: 1,
      run: async (place) => succeeded(await asInReadme(place), '2+2 = 4.'),
    },
    {
      command: 'claude -p, the model asks for Bash',
      units: 2,
      async run(place) {
        settle(place)
        // Root may not skip the permissions altogether, so the one tool is allowed.
        const result = await claude(place, {}, '--allowedTools', 'Bash', '--', asksForBash)
        succeeded(result, 'The tool answered')
        leftProof(result, place.work)
      },
    },
  ],
  refused: {
    command: "claude -p 'What is 2+2?'",
    async run(place) {
      settle(place)
      return claude(place, {}, 'What is 2+2?')
    },
  },
}
