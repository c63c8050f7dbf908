import { formatInteger, millis } from '../format'
import type { Job, PaymentMint } from '../schema'
import { jobPrice, strategyWords } from '../strategy'
import { Ago } from './Ago'
import { Payment } from './Amount'
import { Copyable } from './Copyable'
import { StatusMark, Steps } from './Status'

/** Jobs in rows; `busy` while another filter's rows are on their way. On a narrow page the lesser columns move under the first and the last. */
export function JobTable({ jobs, mints, busy }: { jobs: Job[]; mints: PaymentMint[]; busy: boolean }) {
  return (
    <table className="ledger" data-testid="jobs" aria-busy={busy}>
      <thead>
        <tr className="label">
          <th scope="col">Job</th>
          <th scope="col">Status</th>
          <th scope="col" className="max-sm:hidden">
            Progress
          </th>
          <th scope="col" className="max-md:hidden">
            Judged by
          </th>
          <th scope="col" className="num max-sm:hidden">
            Units
          </th>
          <th scope="col" className="num max-sm:hidden">
            Price
          </th>
          <th scope="col" className="num">Posted</th>
        </tr>
      </thead>
      <tbody>
        {jobs.map((job) => (
          <Row key={job.address} job={job} mints={mints} />
        ))}
      </tbody>
    </table>
  )
}

function Row({ job, mints }: { job: Job; mints: PaymentMint[] }) {
  const units = formatInteger(job.units)
  const price = <Payment base={jobPrice(job)} mint={job.mint} mints={mints} />
  return (
    <tr>
      <td>
        <Copyable text={job.address} what="job address" href={`/jobs/${job.address}`} />
        <div className="text-[0.8125rem] text-soft sm:hidden">{units} units</div>
      </td>
      <td>
        <StatusMark status={job.status} />
        <div className="pt-0.5 sm:hidden">
          <Steps status={job.status} />
        </div>
      </td>
      <td className="max-sm:hidden">
        <Steps status={job.status} />
      </td>
      <td className="max-md:hidden">{strategyWords(job.strategy)}</td>
      <td className="num max-sm:hidden">{units}</td>
      <td className="num max-sm:hidden">{price}</td>
      <td className="num">
        <Ago ms={millis(job.posted_at)} />
        <div className="text-[0.8125rem] sm:hidden">{price}</div>
      </td>
    </tr>
  )
}
