import type { Credits, OwnQuota } from '../../server/src/api/own-quota.ts'
import { creditCount, date, credits as inCredits, moment, usd, wait } from './words.ts'

export function CreditsCard({
  quota: { credits, keyCap, plan, now, walletOverflow },
}: {
  readonly quota: OwnQuota
}) {
  return (
    <section class="card" aria-labelledby="credits-title">
      <div class="card-head">
        <h2 id="credits-title">Credits of the team</h2>
        {credits && <p class={credits.takesPart ? 'verdict good' : 'verdict wait'}>{partWords(credits)}</p>}
      </div>
      {credits ? (
        <>
          <p class="left">
            <strong>{inCredits(credits.spendableNanos)}</strong> to spend{' '}
            <span class="soft">{usd(credits.spendableNanos)}</span>
          </p>
          {credits.heldNanos > 0 && (
            <p class="note">{inCredits(credits.heldNanos)} more are held by running requests.</p>
          )}
          <CapNote cap={credits.cap} whose="You may spend" now={now} />
          <CapNote cap={keyCap} whose="This key may spend" now={now} />
          {walletOverflow && (
            <p class="note">
              Then the wallet of the team pays: {usd(walletOverflow.spendableNanos)} are in it for that.
            </p>
          )}
          <CapNote
            cap={walletOverflow?.cap ?? null}
            whose="For all keys together the wallet pays"
            now={now}
          />
          <Lots credits={credits} now={now} />
        </>
      ) : (
        <p>
          You have no access to the team’s credits, so {plan ? 'the plan alone' : 'nothing'} pays for requests
          with this key.
        </p>
      )}
    </section>
  )
}

type Capped = { readonly cap: OwnQuota['keyCap']; readonly whose: string; readonly now: number }

function CapNote({ cap, whose, now }: Capped) {
  if (!cap) return null
  return (
    <p class="note">
      {whose} at most {usd(cap.limitNanos)} a month; {usd(cap.spentNanos)} are spent or held. The month ends
      at {moment(cap.resetsAt, now)}.
    </p>
  )
}

function partWords({ takesPart, spendableNanos }: Credits): string {
  if (!takesPart) return 'Automatic overflow is off: credits do not pay'
  return spendableNanos > 0 ? 'Pay when the plan cannot' : 'None left to pay with'
}

function Lots({ credits, now }: { readonly credits: Credits; readonly now: number }) {
  if (credits.lots.length === 0) return <p class="note">There is no top-up with anything left in it.</p>
  return (
    <div class="scroll">
      <table>
        <caption>Top-ups, the one that burns first at the top</caption>
        <thead>
          <tr>
            <th scope="col">Credits</th>
            <th scope="col">Worth</th>
            <th scope="col">Expires</th>
          </tr>
        </thead>
        <tbody>
          {credits.lots.map((lot) => (
            <tr key={`${lot.kind} ${lot.expiresAt} ${lot.balanceNanos}`}>
              <td>
                {creditCount(lot.balanceNanos)} <span class="soft line">{lot.kind}</span>
              </td>
              <td>{usd(lot.balanceNanos)}</td>
              <td>
                {date(lot.expiresAt, now)} <span class="soft line">in {wait(lot.expiresAt - now)}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

export function WalletCard({ quota: { keyCap, now, wallet } }: { readonly quota: OwnQuota }) {
  if (!wallet) return null
  const spendableNanos = wallet.balanceNanos - wallet.heldNanos
  return (
    <section class="card" aria-labelledby="wallet-title">
      <div class="card-head">
        <h2 id="wallet-title">Wallet of the team</h2>
        <p class={spendableNanos > 0 ? 'verdict good' : 'verdict wait'}>
          {spendableNanos > 0 ? 'Pays as you go' : 'Empty: requests are refused'}
        </p>
      </div>
      <p class="left">
        <strong>{usd(spendableNanos)}</strong> to spend
      </p>
      {wallet.heldNanos > 0 && <p class="note">{usd(wallet.heldNanos)} more are held by running requests.</p>}
      <CapNote cap={keyCap} whose="This key may spend" now={now} />
      <p>
        An API key spends this wallet alone: never a plan, never credits. For those, use the Token Plan Key,
        which begins with <code>sk-cp-</code>.
      </p>
    </section>
  )
}
