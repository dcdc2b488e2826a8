import path from 'node:path'
import { inPackage } from '../install.mjs'
import { exportsOf } from '../pasted.mjs'

/** It sends everything through a proxy, localhost too: NO_PROXY is nothing to it. */
const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy']
const direct = Object.fromEntries(proxies.map((name) => [name, '']))

/** `run(place, ...args)` plays one release of the command line as its page says; the rest are the same in other ways. */
export function mmxOf(pack) {
  const command = [process.execPath, inPackage(pack, 'dist/mmx.mjs')]
  const env = (place) => ({
    ...exportsOf('docs/token-plan/minimax-cli.md', /^MINIMAX_/, place),
    MMX_CONFIG_DIR: path.join(place.home, '.mmx'),
    CI: '1',
  })
  const run = (place, ...args) =>
    place.run(command[0], [command[1], ...args, '--api-key', place.key, '--non-interactive'], {
      ...env(place),
      ...direct,
    })
  return Object.assign(run, {
    /** As a user who keeps the key in the configuration. */
    withoutKey: (place, ...args) =>
      place.run(command[0], [command[1], ...args, '--non-interactive'], { ...env(place), ...direct }),
    /** What asks for MiniMax's own hosts, whatever the settings say: the way out stays closed. */
    shutIn: (place, ...args) => place.run(command[0], [command[1], ...args, '--non-interactive'], env(place)),
    /** Bytes on standard output, into a file. */
    into: (place, file, ...args) =>
      place.run(
        'bash',
        ['-c', '"$@" > "$0"', file, ...command, ...args, '--api-key', place.key, '--non-interactive'],
        { ...env(place), ...direct },
      ),
  })
}

/** What it printed, which is JSON where nobody watches. */
export function jsonOf({ stdout }) {
  try {
    return JSON.parse(stdout)
  } catch {
    throw new Error(`printed no JSON:\n${stdout.slice(0, 1000)}`)
  }
}
