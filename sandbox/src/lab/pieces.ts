import type { Lab, Watch } from './lab.ts'
import type { Kind, Orders, Pieces, Products } from './orders.ts'

/** A product that comes in pieces: read them all, then what is known at the end. */
export interface InPieces<K extends Kind> {
  /** Fails as the product does. */
  readonly pieces: AsyncIterable<Pieces[K]>
  readonly product: Promise<Products[K]>
}

export function makeInPieces<K extends Kind>(
  lab: Lab,
  kind: K,
  order: Orders[K],
  watch: Omit<Watch<K>, 'piece'> = {},
): InPieces<K> {
  const ready: Pieces[K][] = []
  let over = false
  let wake: () => void = () => undefined
  const product = lab.make(kind, order, {
    ...watch,
    piece(piece) {
      ready.push(piece)
      wake()
    },
  })
  const end = () => {
    over = true
    wake()
  }
  product.then(end, end)
  async function* read(): AsyncGenerator<Pieces[K]> {
    for (;;) {
      const piece = ready.shift()
      if (piece !== undefined) yield piece
      else if (over) break
      else await new Promise<void>((resolve) => (wake = resolve))
    }
    await product
  }
  return { pieces: read(), product }
}
