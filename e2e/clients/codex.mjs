import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { inPackage, versionOf } from '../install.mjs'
import { exportsOf, fileOf } from '../pasted.mjs'
import { leftProof, proof, succeeded } from '../said.mjs'

const pack = '@openai/codex'
const docs = 'docs/token-plan/codex.md'

/** As its page says: the configuration file and the exported key. */
function codex(place, prompt) {
  writeFileSync(path.join(place.home, 'config.toml'), fileOf(docs, 'toml', 'model_providers', place))
  // Its own sandbox needs user namespaces, which many containers do not give; the folder is thrown away anyway.
  const args = ['exec', '--skip-git-repo-check', '--sandbox', 'danger-full-access', prompt]
  const env = { CODEX_HOME: place.home, ...exportsOf(docs, /_KEY$/, place) }
  return place.run(process.execPath, [inPackage(pack, 'bin/codex.js'), ...args], env)
}

const asksForShell = `[[tool exec_command ${JSON.stringify({ cmd: proof.command })}]] Please do it.`

export const codexCli = {
  name: 'Codex',
  version: versionOf(pack),
  dialects: ['openai-responses'],
  // It tries every 5xx thirty times over, whatever the answer's headers say.
  refusedWithinSeconds: 60,
  steps: [
    {
      command: "codex exec 'What is 2+2?'",
      units: 1,
      run: async (place) => succeeded(await codex(place, 'What is 2+2?'), '2+2 = 4.'),
    },
    {
      command: 'codex exec, the model asks for the shell',
      units: 2,
      async run(place) {
        const result = await codex(place, asksForShell)
        succeeded(result, 'The tool answered')
        leftProof(result, place.work)
      },
    },
  ],
  refused: { command: "codex exec 'What is 2+2?'", run: (place) => codex(place, 'What is 2+2?') },
}
