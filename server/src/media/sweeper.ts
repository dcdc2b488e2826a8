/** Real time. What is swept a minute late is not served in the meantime. */
const EVERY_MS = 60_000
/** A bucket that does not answer must not hold up a stop. */
const LAST_MS = 1_000

export type Sweeper = { stop(): Promise<void> }

/** Sweeps at the start and every minute. Nothing leaves its timer: what goes wrong is reported, and tried again. */
export function startSweeper(
  sweep: (stopping: AbortSignal) => Promise<void>,
  report: (error: unknown) => void,
): Sweeper {
  const stopping = new AbortController()
  let running: Promise<void> | undefined
  const run = () => {
    running ??= sweep(stopping.signal)
      .catch((error) => stopping.signal.aborted || report(error))
      .then(() => {
        running = undefined
      })
  }
  run()
  const timer = setInterval(run, EVERY_MS).unref()
  return {
    async stop() {
      clearInterval(timer)
      stopping.abort()
      await Promise.race([running, new Promise((resolve) => setTimeout(resolve, LAST_MS).unref())])
    },
  }
}
