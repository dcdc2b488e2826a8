import { useEffect, useState } from 'preact/hooks'
import type { OwnQuota } from '../../server/src/api/own-quota.ts'
import { forgetKey, keepKey, keptKey } from './kept-key.ts'
import { KeyForm } from './key-form.tsx'
import { QuotaView } from './quota-view.tsx'
import { Snippets } from './snippets.tsx'
import { watchQuota } from './watch.ts'

/** What is known of the key: its numbers, when they came, and what went wrong since. */
type Known = { readonly quota: OwnQuota; readonly askedAt: number }

export function App() {
  const [key, setKey] = useState(keptKey)
  const [keep, setKeep] = useState(key !== null)
  const [known, setKnown] = useState<Known | null>(null)
  const [problem, setProblem] = useState<string | null>(null)

  const leave = (why: string | null) => {
    forgetKey()
    setKey(null)
    setKnown(null)
    setProblem(why)
  }
  useEffect(() => {
    if (key === null) return
    return watchQuota(key, (seen) => {
      if (seen.kind === 'refused') return leave(seen.says)
      if (seen.kind === 'away') return setProblem(seen.says)
      if (keep) keepKey(key)
      setKnown({ quota: seen.quota, askedAt: Date.now() })
      setProblem(null)
    })
  }, [key, keep])

  const enter = (entered: string, kept: boolean) => {
    setProblem(null)
    setKeep(kept)
    setKey(entered)
  }
  return (
    <>
      <Header />
      <main>
        {key !== null && known ? (
          <QuotaView
            quota={known.quota}
            accessKey={key}
            askedAt={known.askedAt}
            problem={problem}
            kept={keep}
            forget={() => leave(null)}
          />
        ) : (
          <KeyForm enter={enter} asking={key !== null} problem={problem} />
        )}
        <Snippets key={String(known !== null)} accessKey={known ? key : null} />
      </main>
      <Footer />
    </>
  )
}

function Header() {
  return (
    <header class="top">
      <a class="brand" href="/account/token-plan">
        <img src="/assets/mark.svg" alt="" width="24" height="24" /> Token Plan
      </a>
      <nav aria-label="Site">
        <a href="/docs">Docs</a>
      </nav>
    </header>
  )
}

function Footer() {
  return (
    <footer>
      <p>
        Sign-in, teams and seats come in a later release; until then this page knows you by your key alone.
      </p>
      <p>
        <a href="/docs">Documentation</a> · <a href="/docs/token-plan/claude-code">Claude Code</a> ·{' '}
        <a href="/docs/token-plan/other-tools">Other tools</a> · <a href="/docs/llms.txt">llms.txt</a>
      </p>
    </footer>
  )
}
