import { existsSync } from 'node:fs'
import path from 'node:path'
import { type Proof, verify } from '../book/verify.ts'
import type { Config } from '../config.ts'
import { SCHEMA_VERSION, schemaVersion } from '../store/migrate.ts'
import { openPostgres } from '../store/postgres.ts'
import { openSqliteReadOnly } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'

/** `tokenplan verify [--json]`: only reads, also beside a running server. Exit code 1 on any difference. */
export async function verifyCommand(
  { dataFolder, databaseUrl }: Pick<Config, 'dataFolder' | 'databaseUrl'>,
  asJson: boolean,
): Promise<{ text: string; exit: number }> {
  const file = path.join(dataFolder, 'tokenplan.db')
  if (databaseUrl) return judge('the database', () => openPostgres(databaseUrl), asJson)
  if (existsSync(file)) return judge(dataFolder, async () => openSqliteReadOnly(file), asJson)
  return {
    text: `There are no books in ${dataFolder}. Start the server once, or name the folder with TOKENPLAN_DATA.`,
    exit: 2,
  }
}

async function judge(
  where: string,
  open: () => Promise<Pick<Store, 'read' | 'close'>>,
  asJson: boolean,
): Promise<{ text: string; exit: number }> {
  let store: Pick<Store, 'read' | 'close'> | undefined
  try {
    store = await open()
    const version = await schemaVersion(store)
    if (version !== SCHEMA_VERSION) {
      const text = `The books in ${where} have schema ${version}; this version can judge schema ${SCHEMA_VERSION} alone.`
      return { text, exit: 2 }
    }
    const proof = await verify(store)
    return { text: asJson ? JSON.stringify(proof, null, 2) : proofText(proof), exit: proof.ok ? 0 : 1 }
  } catch (error) {
    // Not a database, or not to be read: nothing was judged, which is neither right nor wrong.
    return {
      text: `The books in ${where} cannot be read: ${error instanceof Error ? error.message : error}`,
      exit: 2,
    }
  } finally {
    await store?.close()
  }
}

function proofText(proof: Proof): string {
  const lines = proof.checks.map(({ name, ok, differences, detail }) =>
    ok ? `  ok    ${name}` : `  WRONG ${name}: ${differences} difference(s), ${detail}`,
  )
  const verdict = proof.ok ? 'The books are right.' : 'The books are WRONG.'
  return [...lines, '', `${verdict} Open holds: ${proof.openHolds}.`].join('\n')
}
