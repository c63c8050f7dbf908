import { useSearchParams } from 'wouter'
import { JobTable } from '../components/JobTable'
import { Empty, MoreButton, QueryState } from '../components/States'
import { statusWords } from '../components/Status'
import { useTitle } from '../components/useTitle'
import { shorten } from '../format'
import { useJobs, useStats } from '../queries'
import { JOB_STATUSES } from '../schema'

const PARTIES = ['requester', 'operator'] as const

/** All jobs, newest first. The filters stand in the address, so that a view can be shared. */
export function Jobs() {
  useTitle('Jobs')
  const [params, setParams] = useSearchParams()
  const { data: stats } = useStats()
  const filter = Object.fromEntries(
    ['status', ...PARTIES].flatMap((key) => (params.get(key) ? [[key, params.get(key)!]] : [])),
  )
  const query = useJobs(filter)
  const jobs = query.data?.pages.flatMap((page) => page.items)
  const set = (key: string, value: string) =>
    setParams((before) => {
      const next = new URLSearchParams(before)
      if (value === '') next.delete(key)
      else next.set(key, value)
      return next
    })

  return (
    <>
      <div className="flex flex-wrap items-end justify-between gap-x-8 gap-y-4 py-8">
        <h1 className="font-serif text-3xl leading-tight sm:text-4xl">Jobs</h1>
        <label className="flex items-center gap-3">
          <span className="label">Status</span>
          <select
            value={params.get('status') ?? ''}
            onChange={(change) => set('status', change.target.value)}
            className="border border-edge bg-sheet px-3 py-1.5"
          >
            <option value="">All</option>
            {JOB_STATUSES.map((status) => (
              <option key={status} value={status}>
                {statusWords(status)}
              </option>
            ))}
          </select>
        </label>
        {PARTIES.map((key) => {
          const party = params.get(key)
          if (party === null) return null
          return (
            <button key={key} type="button" onClick={() => set(key, '')} className="border border-edge px-3 py-1.5 hover:bg-rule">
              {key} <span className="font-mono text-[0.8125rem]">{shorten(party)}</span>
              <span aria-hidden="true"> ×</span>
              <span className="sr-only">, remove this filter</span>
            </button>
          )
        })}
      </div>
      <QueryState query={query} what="jobs" />
      {jobs?.length === 0 && (
        <Empty>
          {Object.keys(filter).length > 0
            ? 'No job fits this filter.'
            : 'No job has been posted yet. Post one with: assay job post SPEC.json'}
        </Empty>
      )}
      {jobs !== undefined && jobs.length > 0 && <JobTable jobs={jobs} mints={stats?.mints ?? []} busy={query.isPlaceholderData} />}
      <MoreButton query={query} />
    </>
  )
}
