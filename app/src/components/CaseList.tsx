import { ballotWords, caseState, caseTitle } from '../cases'
import { formatTime, isZeroHash, millis } from '../format'
import type { Ballot, Case } from '../schema'
import { Ago } from './Ago'
import { Asy } from './Amount'
import { Copyable } from './Copyable'

/** Disputes in rows, each with its state and deadline; `job` where the reader is not on the job's own page. */
export function CaseList({ cases, job = false, busy = false }: { cases: Case[]; job?: boolean; busy?: boolean }) {
  return (
    <table className="ledger" data-testid="cases" aria-busy={busy}>
      <thead>
        <tr className="label">
          <th scope="col">Case</th>
          <th scope="col">State</th>
          <th scope="col" className="max-sm:hidden">
            Opened by
          </th>
          <th scope="col" className="num">At stake</th>
        </tr>
      </thead>
      <tbody>
        {cases.map((one) => (
          <Row key={one.address} of={one} job={job} />
        ))}
      </tbody>
    </table>
  )
}

function Row({ of, job }: { of: Case; job: boolean }) {
  const { words, until } = caseState(of)
  return (
    <tr data-state={of.state}>
      <td>
        <div className="font-medium">{caseTitle(of)}</div>
        <div className="text-[0.8125rem] text-soft">
          {job ? (
            <>
              job <Copyable text={of.job} what="job address" href={`/jobs/${of.job}`} />
            </>
          ) : (
            <Copyable text={of.address} what="case address" />
          )}
        </div>
      </td>
      <td>
        <Words of={of} words={words} />
        {until !== null && (
          <div className="text-[0.8125rem] text-soft">
            until {formatTime(millis(until))}, <Ago ms={millis(until)} />
          </div>
        )}
        {of.ballots.length > 0 && (
          <ul className="mt-1 grid gap-y-0.5" data-testid="ballots">
            {of.ballots.map((ballot) => (
              <Juror key={ballot.address} ballot={ballot} of={of} />
            ))}
          </ul>
        )}
      </td>
      <td className="max-sm:hidden">
        <Copyable text={of.opener} what="opener" />
        {of.opened_at !== null && (
          <div className="text-[0.8125rem] text-soft">
            <Ago ms={Date.parse(of.opened_at)} />
          </div>
        )}
      </td>
      <td className="num">
        <Asy base={of.bond} />
      </td>
    </tr>
  )
}

/** A square and the words, so that colour is never alone. */
function Words({ of, words }: { of: Case; words: string }) {
  const [tone, mark] = of.ruling === 'Open' ? ['text-busy', 'bg-busy'] : ['', 'bg-soft']
  return (
    <span className={`inline-flex items-baseline gap-2 ${tone}`}>
      <span aria-hidden="true" className={`size-2 shrink-0 ${mark}`} />
      {words}
    </span>
  )
}

function Juror({ ballot, of }: { ballot: Ballot; of: Case }) {
  const [words, lost] = ballotWords(ballot, of)
  return (
    <li className="flex flex-wrap items-baseline gap-x-2 text-[0.8125rem] text-soft">
      <span>{ballot.level === 0 ? 'juror' : `juror, appeal ${ballot.level}`}</span>
      <Copyable text={ballot.operator} what="juror" />
      <span className={lost ? 'text-bad' : ''}>{words}</span>
      {ballot.state === 'Revealed' && !isZeroHash(ballot.commitment) && <Copyable text={ballot.commitment} what="vote" />}
    </li>
  )
}
