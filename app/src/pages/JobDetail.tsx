import { Link } from 'wouter'
import { ApiError } from '../api'
import { CaseList } from '../components/CaseList'
import { Copyable } from '../components/Copyable'
import { JobFacts } from '../components/JobFacts'
import { SeatList } from '../components/SeatList'
import { Section } from '../components/Section'
import { QueryState } from '../components/States'
import { Hallmark } from '../components/Status'
import { Timeline } from '../components/Timeline'
import { useTitle } from '../components/useTitle'
import { bits } from '../describe'
import { shorten } from '../format'
import { useJob } from '../queries'
import type { Job, JobPage } from '../schema'
import { findingWords, isJudged, seatsNote, strategyWords } from '../strategy'
import { buildTimeline } from '../timeline'

/** The report on one job. */
export function JobDetail({ address }: { address: string }) {
  useTitle(`Job ${shorten(address)}`)
  const query = useJob(address)
  if (query.error instanceof ApiError && [400, 404, 422].includes(query.error.status)) return <NoJob address={address} />
  return (
    <>
      {query.data === undefined && <h1 className="pt-8 font-serif text-3xl">Job {shorten(address)}</h1>}
      <QueryState query={query} what="job" />
      {query.data && <Report page={query.data} />}
    </>
  )
}

function Report({ page }: { page: JobPage }) {
  const { job, seats } = page
  const mints = page.mint ? [page.mint] : []
  const ended = job.status === 'settled'
  return (
    <>
      <div className="flex flex-wrap items-end justify-between gap-x-8 gap-y-4 py-8">
        <div className="min-w-0">
          <p className="label">{ended ? 'Certificate of assay' : 'Assay report'}</p>
          <h1 className="mt-1 font-serif text-3xl leading-tight sm:text-4xl">
            Job <span title={job.address}>{shorten(job.address, 6, 6)}</span>
          </h1>
          <p className="mt-2">
            <Copyable text={job.address} what="job address" keep="full" />
          </p>
        </div>
        <Hallmark status={job.status} />
      </div>
      <Section title="Finding" note="The Merkle root of the units’ digests.">
        <Finding job={job} />
      </Section>
      <Section title="Terms" note="Pinned when the job was posted; nothing can change them.">
        <JobFacts job={job} mints={mints} />
      </Section>
      <Section title="Seats" note={seatsNote(job)}>
        <SeatList job={job} seats={seats} round={page.round} mints={mints} />
      </Section>
      {page.cases.length > 0 && (
        <Section title="Cases" note="Disputes about this job. While one is open, nothing is paid for want of an objection.">
          <CaseList cases={page.cases} />
        </Section>
      )}
      <Section title="Timeline" note="As the chain recorded it, with the transaction of each step.">
        <Timeline stages={buildTimeline(page)} {...(page.mint && { mint: page.mint })} />
      </Section>
    </>
  )
}

/** What the operators agreed on, or why there is nothing. */
function Finding({ job }: { job: Job }) {
  if (!isJudged(job)) {
    const over = ['unresolved', 'cancelled', 'expired'].includes(job.status)
    const yet = `None yet. It is judged by: ${strategyWords(job.strategy)}.`
    return <p className="text-soft">{over ? 'None: the job ended without a result.' : yet}</p>
  }
  return (
    <>
      <p className="text-good" data-testid="root">
        <Copyable text={job.root} what="result root" keep="full" />
      </p>
      <p className="mt-1 text-soft">{findingWords(job, bits(job.winners))}</p>
    </>
  )
}

/** It may be on its way: a job just posted is a moment ahead of the indexer, so the page keeps asking. */
function NoJob({ address }: { address: string }) {
  return (
    <div className="py-12">
      <h1 className="font-serif text-3xl">No such job</h1>
      <p className="mt-3 font-mono text-[0.8125rem] break-all">{address}</p>
      <p className="mt-3 text-soft">
        The indexer knows no job at this address. If it was posted just now, it will appear here by itself. Otherwise check the
        address, or look in the{' '}
        <Link className="link" href="/jobs">
          list of jobs
        </Link>
        .
      </p>
    </div>
  )
}
