import { useSyncExternalStore } from 'react'
import { decodeEvent } from './api'
import type { Event } from './schema'

/** `lost`: the stream broke off; it is tried again, and the pages poll meanwhile. */
export type Connection = 'connecting' | 'live' | 'lost'
export type Snapshot = { connection: Connection; recent: readonly Event[] }

const KEEP = 40
const PAINT_MS = 100
/** `EventSource.CLOSED`, spelled out so that this also runs where there is no EventSource. */
const CLOSED = 2
const BACKOFF_MS = [1_000, 2_000, 5_000, 15_000]

/**
 * The market's event stream: one connection for all pages. The browser reconnects by itself with `Last-Event-ID`;
 * where it gives up (the server answered an error) this opens a new connection after the last event seen.
 */
export class Feed {
  #source: EventSource | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  #paint: ReturnType<typeof setTimeout> | undefined
  #last = 0n
  #failures = 0
  #snapshot: Snapshot = { connection: 'connecting', recent: [] }
  readonly #painters = new Set<() => void>()
  readonly #listeners = new Set<(event: Event) => void>()

  readonly #open: (url: string) => EventSource

  constructor(open: (url: string) => EventSource = (url) => new EventSource(url)) {
    this.#open = open
  }

  /** Start, or start anew with nothing remembered, after the event `after`. */
  start(after: bigint): void {
    this.stop()
    this.#last = after
    this.#set({ connection: 'connecting', recent: [] })
    this.#connect()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#source?.close()
    this.#source = null
  }

  /** Call `listener` with each new event; returns how to stop. */
  listen(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly subscribe = (painter: () => void): (() => void) => {
    this.#painters.add(painter)
    return () => this.#painters.delete(painter)
  }

  readonly snapshot = (): Snapshot => this.#snapshot

  #connect(): void {
    const source = this.#open(`/v1/stream?after=${this.#last}`)
    this.#source = source
    source.onopen = () => {
      this.#failures = 0
      this.#set({ ...this.#snapshot, connection: 'live' })
    }
    source.onerror = () => {
      this.#set({ ...this.#snapshot, connection: 'lost' })
      if (source.readyState !== CLOSED) return // the browser is reconnecting
      const wait = BACKOFF_MS[Math.min(this.#failures++, BACKOFF_MS.length - 1)]
      this.#timer = setTimeout(() => this.#connect(), wait)
    }
    source.addEventListener('event', (message: MessageEvent<string>) => this.#receive(message.data))
  }

  #receive(text: string): void {
    let event: Event
    try {
      event = decodeEvent(text)
    } catch (error) {
      console.warn('An event of the stream was skipped.', error)
      return
    }
    if (event.id <= this.#last) return // a reconnect may repeat some
    this.#last = event.id
    this.#set({ ...this.#snapshot, recent: [event, ...this.#snapshot.recent].slice(0, KEEP) })
    for (const listener of this.#listeners) listener(event)
  }

  /** Painting is held back a little, so that a burst of events is one paint. */
  #set(next: Snapshot): void {
    this.#snapshot = next
    this.#paint ??= setTimeout(() => {
      this.#paint = undefined
      for (const painter of this.#painters) painter()
    }, PAINT_MS)
  }
}

export const feed = new Feed()

export const useFeed = (): Snapshot => useSyncExternalStore(feed.subscribe, feed.snapshot)

/**
 * Turns many calls into few runs: a call starts one after `wait` ms, calls until its end cause exactly one more.
 * So a steady stream of events neither floods the server nor puts the refresh off for ever.
 */
export function coalesce(run: () => Promise<unknown>, wait: number): () => void {
  let called = false
  let busy = false
  const go = async () => {
    busy = true
    await new Promise((resolve) => setTimeout(resolve, wait))
    called = false
    await run().catch(() => undefined) // a failed refresh shows on its page
    busy = false
    if (called) void go()
  }
  return () => {
    called = true
    if (!busy) void go()
  }
}
