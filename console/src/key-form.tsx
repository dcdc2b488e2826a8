import { useState } from 'preact/hooks'

type Props = {
  readonly enter: (key: string, keep: boolean) => void
  readonly asking: boolean
  readonly problem: string | null
}

/** The one field. Its input has no name, so that no form submission could ever put the key into an address. */
export function KeyForm({ enter, asking, problem }: Props) {
  const [key, setKey] = useState('')
  const [keep, setKeep] = useState(false)
  const [shown, setShown] = useState(false)
  const submit = (event: Event) => {
    event.preventDefault()
    if (key.trim() !== '') enter(key.trim(), keep)
  }
  return (
    <section class="entry" aria-labelledby="entry-title">
      <h1 id="entry-title">What is left on your key?</h1>
      <p class="lead">
        What it has used, when that comes back, and what else can pay. To the request and to the minute.
      </p>
      <form class="card" onSubmit={submit}>
        <label for="key">Token Plan Key or API key</label>
        <div class="field">
          <input
            id="key"
            {...(shown ? ({ type: 'text' } as const) : ({ type: 'password' } as const))}
            value={key}
            onInput={(event) => setKey(event.currentTarget.value)}
            placeholder="sk-cp-…"
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            aria-invalid={problem !== null}
            aria-describedby="key-problem key-note"
            autofocus
          />
          <button type="button" class="quiet" onClick={() => setShown(!shown)}>
            {shown ? 'Hide' : 'Show'}
          </button>
          <button type="submit" disabled={asking && problem === null}>
            {asking && problem === null ? 'Asking…' : 'Check'}
          </button>
        </div>
        <p id="key-problem" class="problem" role="alert">
          {problem && (asking ? `${problem} It is asked again every 5 seconds.` : problem)}
        </p>
        <label class="check">
          <input type="checkbox" checked={keep} onChange={(event) => setKeep(event.currentTarget.checked)} />
          Keep the key in this tab, so that a reload does not lose it
        </label>
        <p id="key-note" class="note">
          It goes to this server in a header, never into an address, and is gone when the tab is closed. The
          start of a demo printed two keys; they stand in <code>data/demo.json</code> as well.
        </p>
      </form>
    </section>
  )
}
