import { formatBps, formatInteger } from '../format'
import { useOperators } from '../queries'
import type { Operator, PaymentMint } from '../schema'
import { Asy, Payment } from './Amount'
import { Copyable } from './Copyable'
import { Empty, MoreButton, QueryState } from './States'

/** Who computes, with what it staked, how it did, what it earned and what it lost. */
export function Operators({ mints }: { mints: PaymentMint[] }) {
  const query = useOperators()
  const operators = query.data?.pages.flatMap((page) => page.items)
  return (
    <>
      <QueryState query={query} what="operators" />
      {operators?.length === 0 && <Empty>Nobody has opened a stake pool yet. The first operator will stand here.</Empty>}
      {operators !== undefined && operators.length > 0 && (
        <table className="ledger max-sm:[&_data]:whitespace-normal" data-testid="operators">
          <thead>
            <tr className="label">
              <th scope="col">Operator</th>
              <th scope="col" className="num">Score</th>
              <th scope="col" className="num max-sm:hidden">
                Stake
              </th>
              <th scope="col" className="num max-sm:hidden">
                Seats won
              </th>
              <th scope="col" className="num max-sm:hidden">
                Lost
              </th>
              <th scope="col" className="num">Earned</th>
              <th scope="col" className="num">Slashed</th>
            </tr>
          </thead>
          <tbody>
            {operators.map((operator) => (
              <Row key={operator.operator} operator={operator} mints={mints} />
            ))}
          </tbody>
        </table>
      )}
      <MoreButton query={query} />
    </>
  )
}

function Row({ operator, mints }: { operator: Operator; mints: PaymentMint[] }) {
  const won = formatInteger(operator.seats_won)
  const lost = formatInteger(operator.seats_lost)
  return (
    <tr>
      <td>
        <Copyable text={operator.operator} what="operator" href={`/jobs?operator=${operator.operator}`} />
        <div className="text-[0.8125rem] text-soft sm:hidden">
          <Asy base={operator.active} places={0} /> <br />
          {won} won, {lost} lost
        </div>
      </td>
      <td className="num">{operator.score_bps === null ? <span className="text-soft">none yet</span> : formatBps(operator.score_bps)}</td>
      <td className="num max-sm:hidden">
        <Asy base={operator.active} places={2} />
      </td>
      <td className="num max-sm:hidden">{won}</td>
      <td className="num max-sm:hidden">{lost}</td>
      <td className="num">
        {operator.earned.length === 0 && <span className="text-soft">0</span>}
        {operator.earned.map((part) => (
          <div key={part.mint}>
            <Payment base={part.amount} mint={part.mint} mints={mints} />
          </div>
        ))}
      </td>
      <td className={`num ${operator.slashed > 0n ? 'text-bad' : 'text-soft'}`}>
        {operator.slashed > 0n ? <Asy base={operator.slashed} places={2} /> : '0'}
      </td>
    </tr>
  )
}
