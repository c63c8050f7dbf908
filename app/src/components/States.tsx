import type { ReactNode } from 'react'

/** Something is on its way. */
export function Loading({ what, lines = 4 }: { what: string; lines?: number }) {
  return (
    <div role="status" className="py-2">
      <span className="sr-only">Loading {what}</span>
      {Array.from({ length: lines }, (_, i) => (
        <div key={i} aria-hidden="true" className="my-3 h-4 animate-pulse bg-rule" style={{ width: `${90 - ((i * 23) % 45)}%` }} />
      ))}
    </div>
  )
}

/** There is nothing to show, and why. */
export const Empty = ({ children }: { children: ReactNode }) => (
  <p className="border border-dashed border-rule px-4 py-8 text-center text-soft">{children}</p>
)

/** Something went wrong. With `stale`, what is shown is older than it should be. */
export function Failure({ error, retry, stale = false }: { error: Error; retry: () => void; stale?: boolean }) {
  return (
    <div role="alert" className="my-4 flex flex-wrap items-center gap-x-4 gap-y-2 border-l-4 border-bad bg-sheet px-4 py-3">
      <p className="min-w-0 flex-1 basis-64">
        {error.message}
        {stale && ' What stands below is the last that was known.'}
      </p>
      <button type="button" onClick={retry} className="border border-edge px-3 py-1 hover:bg-rule">
        Try again
      </button>
    </div>
  )
}

/** Shown while a query has neither data nor an error, or when it has an error; otherwise nothing. */
export function QueryState({ query, what }: { query: { error: Error | null; data: unknown; refetch: () => unknown }; what: string }) {
  const retry = () => void query.refetch()
  if (query.error) return <Failure error={query.error} retry={retry} stale={query.data !== undefined} />
  return query.data === undefined ? <Loading what={what} /> : null
}

export function MoreButton({ query }: { query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown } }) {
  if (!query.hasNextPage) return null
  return (
    <button
      type="button"
      disabled={query.isFetchingNextPage}
      onClick={() => void query.fetchNextPage()}
      className="mt-4 border border-edge px-4 py-1.5 hover:bg-rule disabled:opacity-60"
    >
      {query.isFetchingNextPage ? 'Loading' : 'Show more'}
    </button>
  )
}
