import { useSearchParams } from 'wouter'
import { CaseList } from '../components/CaseList'
import { Empty, MoreButton, QueryState } from '../components/States'
import { useTitle } from '../components/useTitle'
import { useCases } from '../queries'
import { CASE_STATES } from '../schema'

const STATES: Record<(typeof CASE_STATES)[number], string> = {
  answering: 'To be answered',
  called: 'Jury called',
  judging: 'Before a jury',
  resolved: 'Open to appeal',
  concluded: 'Concluded',
  closed: 'Closed',
}

/** All disputes, newest first. The filter stands in the address, so that a view can be shared. */
export function Cases() {
  useTitle('Cases')
  const [params, setParams] = useSearchParams()
  const state = params.get('state') ?? ''
  const query = useCases(state === '' ? {} : { state })
  const cases = query.data?.pages.flatMap((page) => page.items)
  return (
    <>
      <div className="flex flex-wrap items-end justify-between gap-x-8 gap-y-4 py-8">
        <h1 className="font-serif text-3xl leading-tight sm:text-4xl">Cases</h1>
        <label className="flex items-center gap-3">
          <span className="label">State</span>
          <select
            value={state}
            onChange={(change) => setParams(change.target.value === '' ? {} : { state: change.target.value })}
            className="border border-edge bg-sheet px-3 py-1.5"
          >
            <option value="">All</option>
            {CASE_STATES.map((one) => (
              <option key={one} value={one}>
                {STATES[one]}
              </option>
            ))}
          </select>
        </label>
      </div>
      <QueryState query={query} what="cases" />
      {cases?.length === 0 && (
        <Empty>{state === '' ? 'Nobody has disputed a result yet.' : 'No case is in this state.'}</Empty>
      )}
      {cases !== undefined && cases.length > 0 && <CaseList cases={cases} job busy={query.isPlaceholderData} />}
      <MoreButton query={query} />
    </>
  )
}
