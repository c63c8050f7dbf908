import * as v from 'valibot'
import { CaseList, Event, JobList, JobPage, OperatorList, Problem, Stats } from './schema'

/** Why a request failed, in words for the reader of the page. */
export class ApiError extends Error {
  constructor(
    message: string,
    /** HTTP status; 0 when the indexer did not answer, or answered something that is not its API. */
    readonly status: number,
  ) {
    super(message)
    this.name = 'ApiError'
  }

  /** Whether asking again can help: not for what the request itself did wrong. */
  get transient(): boolean {
    return this.status === 0 || this.status >= 500
  }
}

/** Check a reply against its schema; throws an [`ApiError`] that names the first field that does not fit. */
export function decode<S extends v.GenericSchema>(schema: S, body: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, body)
  if (result.success) return result.output
  const issue = result.issues[0]
  const path = v.getDotPath(issue) ?? 'the reply'
  throw new ApiError(`The indexer's reply does not fit this page: ${path}: ${issue.message}. Update both to one version.`, 0)
}

async function get<S extends v.GenericSchema>(schema: S, path: string, signal?: AbortSignal): Promise<v.InferOutput<S>> {
  let response: Response
  try {
    response = await fetch(path, { headers: { accept: 'application/json' }, signal: signal ?? null })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new ApiError('The indexer does not answer. Check that it runs and that this page can reach it.', 0)
  }
  const body: unknown = await response.json().catch(() => undefined)
  if (response.ok) return decode(schema, body)
  const problem = v.safeParse(Problem, body)
  const text = problem.success ? (problem.output.detail ?? problem.output.title) : `HTTP ${response.status}`
  throw new ApiError(text, response.status)
}

/** Filters of the job list; an empty one is left out. */
export type JobQuery = { status?: string; requester?: string; operator?: string; cursor?: string; limit?: number }

/** A query string of the parts that are set, with its question mark; empty when none is. */
export function query(parts: Record<string, string | number | undefined>): string {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(parts)) if (value !== undefined && value !== '') params.set(key, `${value}`)
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}

/** Filters of the case list. */
export type CaseQuery = { state?: string; kind?: string; job?: string; cursor?: string }

export const api = {
  stats: (signal?: AbortSignal) => get(Stats, '/v1/stats', signal),
  jobs: (filter: JobQuery, signal?: AbortSignal) => get(JobList, `/v1/jobs${query(filter)}`, signal),
  job: (address: string, signal?: AbortSignal) => get(JobPage, `/v1/jobs/${encodeURIComponent(address)}`, signal),
  cases: (filter: CaseQuery, signal?: AbortSignal) => get(CaseList, `/v1/cases${query(filter)}`, signal),
  operators: (cursor?: string, signal?: AbortSignal) =>
    get(OperatorList, `/v1/operators${query({ limit: 25, cursor })}`, signal),
}

/** An event as it comes over the stream. */
export const decodeEvent = (text: string): Event => decode(Event, JSON.parse(text))
