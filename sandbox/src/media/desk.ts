import { createNumbers } from '../ids.ts'
import { type Lab, openLab } from '../lab/lab.ts'
import { type CoverBook, openCoverBook } from './cover-book.ts'
import { openShelf, type Shelf } from './shelf.ts'
import { openTasks, type Tasks } from './tasks.ts'
import { openVoiceBook, type VoiceBook } from './voice-book.ts'

/** What every media handler works with. One per sandbox. */
export interface Desk {
  readonly lab: Lab
  readonly shelf: Shelf
  readonly tasks: Tasks
  readonly voices: VoiceBook
  readonly covers: CoverBook
  readonly seed: string
  readonly paceMs: number
  /** One row of numbers for files and tasks, so that no id means two things. */
  mintNumber(): number
  close(): Promise<void>
}

export function openDesk({ seed, paceMs }: { readonly seed: string; readonly paceMs: number }): Desk {
  const mintNumber = createNumbers()
  const lab = openLab()
  const shelf = openShelf(mintNumber)
  const tasks = openTasks(mintNumber)
  return {
    lab,
    shelf,
    tasks,
    voices: openVoiceBook(),
    covers: openCoverBook(),
    seed,
    paceMs,
    mintNumber,
    async close() {
      tasks.close()
      await lab.close()
      await shelf.close()
    },
  }
}
