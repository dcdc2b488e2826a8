import { codePages } from './pages-code.ts'
import { linuxPages } from './pages-linux.ts'
import { modelPages } from './pages-models.ts'
import { webPages } from './pages-web.ts'
import { worldPages } from './pages-world.ts'

export interface Page {
  readonly title: string
  readonly link: string
  /** `YYYY-MM-DD`: of publication where there is one, otherwise of the entry. */
  readonly date: string
  readonly sentences: readonly string[]
  /** Pages of one topic stand together. */
  readonly topic: number
}

/** What the sandbox's search knows of the web: a small collection, written for it. */
export const library: readonly Page[] = [webPages, codePages, modelPages, linuxPages, worldPages].flatMap(
  readPages,
)

function readPages(text: string, topic: number): Page[] {
  return text
    .trim()
    .split('\n\n')
    .map((entry) => {
      const [title = '', link = '', date = '', body = ''] = entry.split('\n')
      return { title, link, date, sentences: body.split(/(?<=[.?!]) (?=[A-Z0-9$~])/), topic }
    })
}
