import { readFileSync } from 'node:fs'
import type { Config } from '../config.ts'
import { knownRootSecret } from '../keys/root-secret.ts'
import { judge, type PublicKey, readPublicKey, receiptSigner, type Verdict } from '../keys/signed-document.ts'

type Said = { readonly text: string; readonly exit: number }

/**
 * `tokenplan receipt verify FILE [--key KEYFILE]`: offline. Exit code 0 when the receipt is right, 1 when it is not, 2
 * when nothing could be judged.
 */
export function receiptVerify(args: readonly string[], config: Pick<Config, 'secret' | 'dataFolder'>): Said {
  const { file, keyFile, wrong } = readArgs(args)
  if (file === undefined || wrong) {
    return { text: 'Usage: tokenplan receipt verify FILE [--key KEYFILE]', exit: 2 }
  }
  const text = textOf(file)
  if (text === undefined) return unreadable(file)
  const key = keyFile === undefined ? ownKey(config) : keyIn(keyFile)
  return 'exit' in key ? key : told(judge(text, key), file, key)
}

function readArgs(args: readonly string[]) {
  const flag = args.indexOf('--key')
  const keyFile = flag < 0 ? undefined : args[flag + 1]
  const [file, ...more] = flag < 0 ? args : args.filter((_, index) => index !== flag && index !== flag + 1)
  const wrong = more.length > 0 || file?.startsWith('--') || (flag >= 0 && keyFile === undefined)
  return { file, keyFile, wrong }
}

function ownKey({ secret, dataFolder }: Pick<Config, 'secret' | 'dataFolder'>): PublicKey | Said {
  const known = knownRootSecret(secret, dataFolder)
  if (known) return receiptSigner(known).publicKey
  const text = `There is no root secret in ${dataFolder}. Name the server's key (GET /v1/token_plan/receipts/key, kept in a file) with --key.`
  return { text, exit: 2 }
}

function keyIn(file: string): PublicKey | Said {
  const text = textOf(file)
  if (text === undefined) return unreadable(file)
  return (
    readPublicKey(text) ?? {
      text: `${file} is not a public key (a JWK of kty OKP and crv Ed25519).`,
      exit: 2,
    }
  )
}

function textOf(file: string): string | undefined {
  try {
    // Strictly: a byte that is no UTF-8 must not become a character that another byte would have become as well.
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))
  } catch {
    return undefined
  }
}

function unreadable(file: string): Said {
  return { text: `${file} cannot be read, or is not text.`, exit: 2 }
}

function told(verdict: Verdict, file: string, key: PublicKey): Said {
  switch (verdict.kind) {
    case 'right': {
      const { id, status } = verdict.receipt
      return { text: `Right: receipt ${id} (${status}), signed with the key ${key.kid}.`, exit: 0 }
    }
    case 'changed':
      return {
        text: `WRONG: ${file} was changed after it had been signed, in what it says or in how it is written, or was not signed by this server.`,
        exit: 1,
      }
    case 'other-key':
      return {
        text: `WRONG: ${file} is signed with the key ${verdict.keyId}; this one is ${key.kid}.`,
        exit: 1,
      }
    case 'no-receipt':
      return { text: `${file} is not a receipt: ${verdict.why}.`, exit: 2 }
  }
}
