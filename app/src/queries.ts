import { QueryClient, keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { ApiError, type CaseQuery, type JobQuery, api } from './api'
import { coalesce, feed } from './live'

export const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 1_000,
      retry: (failures, error) => error instanceof ApiError && error.transient && failures < 2,
      retryDelay: (failures) => 500 * 2 ** failures,
    },
  },
})

/** Polling heals what the stream missed: an account's row may change a moment after its event. */
const POLL_MS = 5_000
/** Lists ask again for every page that is loaded, so less often. */
const POLL_LIST_MS = 15_000
const REFRESH_MS = 300
const REPLAY = 40n

export const useStats = () =>
  useQuery({ queryKey: ['stats'], queryFn: ({ signal }) => api.stats(signal), refetchInterval: POLL_MS })

export const useJob = (address: string) =>
  useQuery({ queryKey: ['job', address], queryFn: ({ signal }) => api.job(address, signal), refetchInterval: POLL_MS })

export const useJobs = (filter: JobQuery) =>
  useInfiniteQuery({
    queryKey: ['jobs', filter],
    queryFn: ({ pageParam, signal }) => api.jobs({ ...filter, ...(pageParam && { cursor: pageParam }) }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
    refetchInterval: POLL_LIST_MS,
  })

export const useCases = (filter: CaseQuery) =>
  useInfiniteQuery({
    queryKey: ['cases', filter],
    queryFn: ({ pageParam, signal }) => api.cases({ ...filter, ...(pageParam && { cursor: pageParam }) }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
    refetchInterval: POLL_LIST_MS,
  })

export const useOperators = () =>
  useInfiniteQuery({
    queryKey: ['operators'],
    queryFn: ({ pageParam, signal }) => api.operators(pageParam, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor,
    refetchInterval: POLL_LIST_MS,
  })

/** Keeps the stream running and refreshes what a page shows when something happened to it. Once, for the app. */
export function useLiveRefresh(): void {
  const { data } = useStats()
  const events = data?.events
  const seen = useRef<bigint | null>(null)

  // The stream starts a little before now, to have something to show. The log of events only grows: a smaller
  // count is another market at the same address, of which nothing that is shown holds.
  useEffect(() => {
    if (events === undefined) return
    if (seen.current !== null && events < seen.current) void client.resetQueries()
    if (seen.current === null || events < seen.current) feed.start(events > REPLAY ? events - REPLAY : 0n)
    seen.current = events
  }, [events])

  useEffect(() => {
    const touched = new Set<string>()
    const refresh = coalesce(() => {
      const jobs = [...touched]
      touched.clear()
      const keys = [['stats'], ['jobs'], ['cases'], ['operators'], ...jobs.map((job) => ['job', job])]
      return Promise.all(keys.map((queryKey) => client.invalidateQueries({ queryKey })))
    }, REFRESH_MS)
    return feed.listen((event) => {
      if (event.job !== null) touched.add(event.job)
      refresh()
    })
  }, [])
}
