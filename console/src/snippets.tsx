import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { askModel } from './ask.ts'

const FIRST_MODEL = 'MiniMax-M2.7'
const COPIED_MS = 2_000

/** How to use the key, ready to paste. The key itself is written out only where the user asks for it. */
export function Snippets({ accessKey }: { readonly accessKey: string | null }) {
  const [withKey, setWithKey] = useState(false)
  const model = useModel(accessKey)
  const key = withKey && accessKey !== null ? accessKey : '$KEY'
  const { origin } = location
  return (
    <section aria-labelledby="use-title">
      <h2 id="use-title">Use it</h2>
      <label class="check">
        <input
          type="checkbox"
          checked={withKey && accessKey !== null}
          disabled={accessKey === null}
          onChange={(event) => setWithKey(event.currentTarget.checked)}
        />
        Put my key in{accessKey === null && ' (once it is entered above)'}
      </label>
      <Snippet title="Claude Code" docs="/docs/token-plan/claude-code" text={claudeCode(origin, key, model)}>
        Then start <code>claude</code> in the same shell.
      </Snippet>
      <Snippet
        title="OpenAI SDK and every tool that speaks OpenAI"
        docs="/docs/token-plan/other-tools"
        text={openai(origin, key)}
      >
        Tools with a settings page call these “base URL” and “API key”; the model is <code>{model}</code>.
      </Snippet>
      <Snippet title="curl" docs="/docs" text={curl(origin, key, model)} />
    </section>
  )
}

function useModel(accessKey: string | null): string {
  const [model, setModel] = useState(FIRST_MODEL)
  useEffect(() => {
    if (accessKey === null) return
    const ended = new AbortController()
    void askModel(accessKey, ended.signal).then((first) => first && setModel(first))
    return () => ended.abort()
  }, [accessKey])
  return model
}

function claudeCode(origin: string, key: string, model: string): string {
  return [
    `export ANTHROPIC_BASE_URL=${origin}/anthropic`,
    `export ANTHROPIC_AUTH_TOKEN=${key}`,
    `export ANTHROPIC_MODEL=${model}`,
    'export API_TIMEOUT_MS=3000000',
  ].join('\n')
}

function openai(origin: string, key: string): string {
  return [`export OPENAI_BASE_URL=${origin}/v1`, `export OPENAI_API_KEY=${key}`].join('\n')
}

function curl(origin: string, key: string, model: string): string {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello!' }] })
  return [
    `curl ${origin}/v1/chat/completions \\`,
    `  -H "Authorization: Bearer ${key}" \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d '${body}'`,
  ].join('\n')
}

type SnippetProps = {
  readonly title: string
  readonly docs: string
  readonly text: string
  readonly children?: ComponentChildren
}

function Snippet({ title, docs, text, children }: SnippetProps) {
  const code = useRef<HTMLElement>(null)
  const [said, setSaid] = useState('')
  const copy = async () => {
    setSaid((await copied(text)) ? 'Copied' : selected(code.current))
    setTimeout(() => setSaid(''), COPIED_MS)
  }
  return (
    <article class="snippet">
      <div class="snippet-head">
        <h3>{title}</h3>
        <a href={docs} aria-label={`Documentation: ${title}`}>
          Docs
        </a>
        <button type="button" class="quiet" onClick={copy} aria-label={`Copy: ${title}`}>
          {said || 'Copy'}
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reachable by keyboard */}
      <pre tabIndex={0}>
        <code ref={code}>{text}</code>
      </pre>
      {children && <p class="note">{children}</p>}
    </article>
  )
}

/** Pages that came over plain HTTP from another machine have no clipboard. */
async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}

function selected(element: HTMLElement | null): string {
  if (element) getSelection()?.selectAllChildren(element)
  return 'Selected: press Ctrl+C'
}
