import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { event } from './fixtures'
import { Feed, coalesce } from './live'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Stands for the browser's EventSource, which Node 20 does not have. */
class Source {
  readyState = 1
  closed = false
  onopen: (() => void) | null = null
  onerror: (() => void) | null = null
  #receive: (message: { data: string }) => void = () => undefined
  constructor(readonly url: string) {}
  addEventListener(_: string, receive: (message: { data: string }) => void) {
    this.#receive = receive
  }
  close() {
    this.closed = true
  }
  send(...ids: number[]) {
    for (const id of ids) this.#receive({ data: JSON.stringify(event(id, 'SeedDrawn')) })
  }
  /** As after an answer that is an error: the browser does not try again. */
  fail() {
    this.readyState = 2
    this.onerror?.()
  }
}

function open() {
  const sources: Source[] = []
  const feed = new Feed((url) => {
    sources.push(new Source(url))
    return sources.at(-1) as unknown as EventSource
  })
  return { feed, sources }
}

test('the stream resumes after the last event it saw, and repeats none', () => {
  const { feed, sources } = open()
  const heard: bigint[] = []
  feed.listen((found) => heard.push(found.id))
  feed.start(4n)
  sources[0]!.send(5, 6)
  sources[0]!.fail()
  expect(feed.snapshot().connection).toBe('lost')
  vi.advanceTimersByTime(999)
  expect(sources).toHaveLength(1)
  vi.advanceTimersByTime(1)
  sources[1]!.onopen?.()
  sources[1]!.send(6, 7)
  expect(sources.map((source) => source.url)).toEqual(['/v1/stream?after=4', '/v1/stream?after=6'])
  expect(heard).toEqual([5n, 6n, 7n])
  expect(feed.snapshot().recent.map((found) => found.id)).toEqual([7n, 6n, 5n])
  expect(feed.snapshot().connection).toBe('live')
})

test('while the browser reconnects by itself no second connection is opened', () => {
  const { feed, sources } = open()
  feed.start(0n)
  sources[0]!.readyState = 0
  sources[0]!.onerror?.()
  vi.advanceTimersByTime(60_000)
  expect(sources).toHaveLength(1)
})

test('starting anew forgets what was', () => {
  const { feed, sources } = open()
  feed.start(0n)
  sources[0]!.send(1, 2)
  feed.start(0n)
  expect(sources[0]!.closed).toBe(true)
  expect(feed.snapshot().recent).toEqual([])
})

test('a burst of calls is one run, and calls during a run cause exactly one more', async () => {
  let finish: () => void = () => undefined
  const run = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)))
  const call = coalesce(run, 300)
  call()
  call()
  await vi.advanceTimersByTimeAsync(300)
  expect(run).toHaveBeenCalledTimes(1)
  call()
  call()
  finish()
  await vi.advanceTimersByTimeAsync(300)
  expect(run).toHaveBeenCalledTimes(2)
  finish()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(run).toHaveBeenCalledTimes(2)
})
