import { useSyncExternalStore } from 'react'
import { formatAgo, formatTime } from '../format'

const TICK_MS = 5_000

/** One clock for all of a page's relative times. It ticks only while somebody reads it. */
let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined
const readers = new Set<() => void>()

function subscribe(reader: () => void): () => void {
  readers.add(reader)
  now = Date.now()
  timer ??= setInterval(() => {
    now = Date.now()
    for (const notify of readers) notify()
  }, TICK_MS)
  return () => {
    readers.delete(reader)
    if (readers.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** How long ago a moment was, with the date and time on hover. */
export function Ago({ ms }: { ms: number }) {
  const current = useSyncExternalStore(subscribe, () => now)
  return (
    <time dateTime={Number.isFinite(ms) ? new Date(ms).toISOString() : undefined} title={formatTime(ms)} className="whitespace-nowrap">
      {formatAgo(ms, current)}
    </time>
  )
}
