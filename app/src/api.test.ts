import { afterEach, expect, test, vi } from 'vitest'
import { ApiError, api, decode, decodeEvent, query } from './api'
import { HISTORY, jobPage } from './fixtures'
import { Job, JobPage } from './schema'

afterEach(() => vi.unstubAllGlobals())

const answer = (status: number, body: string) =>
  vi.stubGlobal('fetch', vi.fn<(path: string) => Promise<Response>>(async () => new Response(body, { status })))

test('integers keep every digit', () => {
  const page = decode(JobPage, jobPage('settled', 18))
  expect(page.job.nonce).toBe(18_446_744_073_709_551_615n)
  expect(page.seats.map((seat) => seat.slashed)).toEqual([0n, 0n, 25_960_000_000n])
  expect(page.timeline).toHaveLength(18)
})

test.each([
  ['a u64 that came as a number', { units: 32 }, 'units'],
  ['a status that is not one', { status: 'done' }, 'status'],
  ['a root that is too short', { root: 'abcd' }, 'root'],
  ['a field that is missing', { mint: undefined }, 'mint'],
  ['an address that is not base58', { requester: '<script>' }, 'requester'],
])('%s is refused by name', (_, change, field) => {
  const job = { ...jobPage('settled', 0).job, ...change }
  expect(() => decode(Job, job)).toThrow(`does not fit this page: ${field}:`)
})

test('an event of the stream is decoded', () => {
  expect(decodeEvent(JSON.stringify(HISTORY[12]))).toMatchObject({ id: 12n, kind: 'RoundFinalized', data: { winners: 3 } })
  expect(() => decodeEvent('{"id":12}')).toThrow(ApiError)
})

test('filters that are empty are left out and the rest is escaped', () => {
  expect(query({ status: 'open', operator: '', cursor: undefined, limit: 5 })).toBe('?status=open&limit=5')
  expect(query({ cursor: 'a b&c' })).toBe('?cursor=a+b%26c')
  expect(query({})).toBe('')
})

test('a request asks the right address', async () => {
  answer(200, JSON.stringify({ slot: '1', commitment: 'confirmed', items: [], next_cursor: 'x' }))
  expect((await api.jobs({ status: 'open' })).next_cursor).toBe('x')
  expect(vi.mocked(fetch).mock.calls[0]![0]).toBe('/v1/jobs?status=open')
})

test('a problem becomes an error with its detail', async () => {
  answer(404, JSON.stringify({ type: 'about:blank', title: 'Not found', status: 404, detail: 'no such job' }))
  const error = await api.job('x').catch((caught: unknown) => caught)
  expect(error).toMatchObject({ message: 'no such job', status: 404, transient: false })
})

test.each([
  [502, '<html>bad gateway</html>', 'HTTP 502', 502],
  [200, '<html>', "The indexer's reply does not fit this page", 0],
])('an answer %d that is not the API is an error that may pass', async (status, body, message, kept) => {
  answer(status, body)
  const error = await api.stats().catch((caught: unknown) => caught as ApiError)
  expect(error).toBeInstanceOf(ApiError)
  expect(error).toMatchObject({ status: kept, transient: true })
  expect((error as ApiError).message).toContain(message)
})

test('no answer is told in words', async () => {
  vi.stubGlobal('fetch', async () => Promise.reject(new TypeError('failed')))
  await expect(api.stats()).rejects.toThrow('The indexer does not answer.')
})
