import { formatTime, isZeroHash, millis } from '../format'
import type { Job, PaymentMint, Round, Seat } from '../schema'
import { commitmentWords } from '../strategy'
import { Asy, Payment } from './Amount'
import { Copyable } from './Copyable'
import { Empty } from './States'

const OUTCOMES: Record<Seat['outcome'], [words: string, tone: string, mark: string]> = {
  pending: ['Pending', 'text-busy', 'border-2 border-busy'],
  won: ['Won', 'text-good', 'bg-good'],
  lost: ['Lost', 'text-bad', 'bg-bad'],
  ghost: ['Ghost', 'text-bad', 'border-2 border-bad'],
  released: ['Released', 'text-soft', 'bg-soft'],
}

const STATES: Record<string, string> = { Claimed: 'computing', Sealed: 'sealed', Revealed: 'revealed', Delivered: 'delivered' }
const FREE: Job['status'][] = ['open', 'seated', 'delivered', 'sealed', 'revealed', 'disputed']

type Props = { job: Job; seats: Seat[]; round: Round | null; mints: PaymentMint[] }

/** Who took a seat, what it committed to, and what came of it. */
export function SeatList({ job, seats, round, mints }: Props) {
  const sorted = [...seats].sort((a, b) => a.index - b.index)
  const free = FREE.includes(job.status) ? job.replicas - seats.filter((seat) => seat.outcome === 'pending').length : 0
  const review = job.status === 'delivered' ? sorted.find((seat) => seat.state === 'Delivered') : undefined
  if (sorted.length === 0) {
    return <Empty>{free > 0 ? `${free === 1 ? 'A seat is' : `${free} seats are`} free: operators are being drawn.` : 'Nobody took a seat.'}</Empty>
  }
  return (
    <>
      <table className="ledger max-sm:[&_data]:whitespace-normal" data-testid="seats">
        <thead>
          <tr className="label">
            <th scope="col" className="max-sm:hidden">
              Seat
            </th>
            <th scope="col">Operator</th>
            <th scope="col">Outcome</th>
            <th scope="col" className="max-sm:hidden">
              Committed to
            </th>
            <th scope="col" className="num">Paid</th>
            <th scope="col" className="num">Slashed</th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((seat) => (
            <Row key={seat.address} seat={seat} job={job} mints={mints} />
          ))}
        </tbody>
      </table>
      <p className="mt-3 text-sm text-soft">
        {free > 0 && `${free} ${free === 1 ? 'seat is' : 'seats are'} free. `}
        {review !== undefined && `It can be objected to until ${formatTime(millis(review.seal_by))}.`}
        {round?.phase === 'Revealing' && `Results must be revealed by ${formatTime(millis(round.reveal_by))}.`}
      </p>
    </>
  )
}

function Row({ seat, job, mints }: { seat: Seat; job: Job; mints: PaymentMint[] }) {
  const [words, tone, mark] = OUTCOMES[seat.outcome]
  return (
    <tr data-outcome={seat.outcome}>
      <td className="max-sm:hidden">{seat.index + 1}</td>
      <td>
        <Copyable text={seat.operator} what="operator" href={`/jobs?operator=${seat.operator}`} />
      </td>
      <td>
        <span className={`inline-flex items-center gap-2 font-medium ${tone}`}>
          <span aria-hidden="true" className={`size-2 ${mark}`} />
          {words}
        </span>
        {seat.outcome === 'pending' && <div className="text-[0.8125rem] text-soft">{STATES[seat.state] ?? seat.state}</div>}
      </td>
      <td className="max-sm:hidden">{isZeroHash(seat.commitment) ? <Dash /> : <Commitment seat={seat} job={job} />}</td>
      <td className="num">{seat.paid > 0n ? <Payment base={seat.paid} mint={job.mint} mints={mints} /> : <Dash />}</td>
      <td className="num text-bad">{seat.slashed > 0n ? <Asy base={seat.slashed} /> : <Dash />}</td>
    </tr>
  )
}

/** A digest that differs from what was found is the reason of a slashing, so it is marked. */
function Commitment({ seat, job }: { seat: Seat; job: Job }) {
  const [words, differs] = commitmentWords(seat, job)
  return (
    <>
      <span className={differs ? 'text-bad' : ''}>
        <Copyable text={seat.commitment} what={words.split(',')[0]!} keep={6} />
      </span>
      <div className="text-[0.8125rem] text-soft">{words}</div>
    </>
  )
}

const Dash = () => (
  <span className="text-soft">
    <span aria-hidden="true">–</span>
    <span className="sr-only">nothing</span>
  </span>
)
