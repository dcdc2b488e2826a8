import type { WindowQuota } from '../../server/src/api/own-quota.ts'
import type { Unit } from '../../server/src/catalogue/catalogue.ts'
import { CURVE_HEIGHT, CURVE_WIDTH, stepPath } from './step-path.ts'
import { count, moment, nextMinute, units } from './words.ts'

type Props = { readonly window: WindowQuota; readonly unit: Unit; readonly now: number }

const QUARTERS = [0, 0.25, 0.5, 0.75]

/** What comes back when, if nothing more is used. The table below it has the same points for who cannot see it. */
export function ReleaseCurve({ window: { returns, used, fullAt }, unit, now }: Props) {
  const path = stepPath(returns, now)
  const at = (share: number) => nextMinute(now + (fullAt - now) * share)
  return (
    <figure class="curve">
      <figcaption>What comes back when</figcaption>
      <p class="axis-top" aria-hidden="true">
        +{count(used)}
      </p>
      <svg viewBox={`0 0 ${CURVE_WIDTH} ${CURVE_HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {QUARTERS.slice(1).map((share) => (
          <path key={share} class="tick" d={`M${share * CURVE_WIDTH} 0V${CURVE_HEIGHT}`} />
        ))}
        <path class="area" d={`${path}V${CURVE_HEIGHT}Z`} />
        <path class="line" d={path} />
      </svg>
      <div class="axis" aria-hidden="true">
        {QUARTERS.map((share) => (
          <span key={share}>{share === 0 ? 'now' : at(share)}</span>
        ))}
        <span class="axis-end">{at(1)}</span>
      </div>
      <details>
        <summary>The same in numbers</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">By</th>
              <th scope="col">Back by then</th>
            </tr>
          </thead>
          <tbody>
            {returns.map((point) => (
              <tr key={point.at}>
                <td>{moment(point.at, now)}</td>
                <td>{units(point.units, unit)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  )
}
