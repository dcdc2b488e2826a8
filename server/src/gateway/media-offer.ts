import {
  type Catalogue,
  findModel,
  findUnitPrice,
  type Modality,
  type Model,
  type Unit,
} from '../catalogue/catalogue.ts'
import { Fault } from '../faults.ts'
import type { MediaRequest } from '../modalities/media-request.ts'
import { priceUnits } from '../money.ts'

/** What a request asks for, as the catalogue sells it. */
export type Offer = {
  readonly model: Model
  readonly price: { readonly nanos: number; readonly per: number; readonly unit: Unit }
  /** null: outside the coverage, so only an API key can pay. */
  readonly resource: string | null
}

/** Throws a Fault where there is no such model, or not in this variant. */
export function offerOf(
  catalogue: Catalogue,
  { model: id, variant }: Pick<MediaRequest, 'model' | 'variant'>,
  modality: Modality,
): Offer {
  const model = findModel(catalogue, id)
  if (model?.modality !== modality) {
    const shown = JSON.stringify(id.slice(0, 100))
    throw new Fault('model_unknown', model ? `${shown} is not a model for ${modality}` : shown)
  }
  const price = findUnitPrice(model, variant)
  if (!price) {
    const offered = model.unitPrices.map(({ when }) => when).join(', ')
    throw new Fault('param_invalid', `${model.id} does not make ${variant}; it makes: ${offered}`)
  }
  return { model, price, resource: price.covered ? model.resource : null }
}

/** What money owes for `units`, of which the plan pays `planUnits`. One rounding, up. */
export function owedNanos(offer: Pick<Offer, 'price'>, units: number, planUnits: number): number {
  return priceUnits(Math.max(0, units - planUnits), offer.price)
}
