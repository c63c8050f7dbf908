import { STEPS, stepOf } from '../timeline'
import type { JobStatus } from '../schema'

type Look = { text: string; fill: string; words: string }

const GOOD = { text: 'text-good', fill: 'bg-good' }
const BUSY = { text: 'text-busy', fill: 'bg-busy' }
const WARN = { text: 'text-warn', fill: 'bg-warn' }

const LOOKS: Record<JobStatus, Look> = {
  open: { ...BUSY, words: 'Open' },
  seated: { ...BUSY, words: 'Seated' },
  delivered: { ...BUSY, words: 'Delivered' },
  sealed: { ...BUSY, words: 'Sealed' },
  revealed: { ...BUSY, words: 'Revealed' },
  disputed: { ...WARN, words: 'Disputed' },
  verified: { ...GOOD, words: 'Verified' },
  settled: { ...GOOD, words: 'Settled' },
  unresolved: { ...WARN, words: 'Unresolved' },
  cancelled: { ...WARN, words: 'Cancelled' },
  expired: { ...WARN, words: 'Expired' },
}

export const statusWords = (status: JobStatus): string => LOOKS[status].words

/** A job's status in a line of text: a square and the word, so that colour is never alone. */
export function StatusMark({ status }: { status: JobStatus }) {
  const look = LOOKS[status]
  return (
    <span className={`inline-flex items-center gap-2 whitespace-nowrap font-medium ${look.text}`}>
      <span aria-hidden="true" className={`size-2 ${look.fill}`} />
      {look.words}
    </span>
  )
}

/** A job's status as the hallmark struck on its report. */
export function Hallmark({ status }: { status: JobStatus }) {
  const look = LOOKS[status]
  return (
    <span
      data-testid="status"
      className={`punch inline-block px-5 py-2 text-sm font-semibold tracking-[0.14em] text-stamp uppercase ${look.fill}`}
    >
      {look.words}
    </span>
  )
}

/** How many of the steps to settlement a job has behind it. */
export function Steps({ status }: { status: JobStatus }) {
  const step = stepOf(status)
  return (
    <span role="img" aria-label={`Step ${step} of ${STEPS}`} title={`Step ${step} of ${STEPS}: ${LOOKS[status].words}`} className="inline-flex gap-[3px]">
      {Array.from({ length: STEPS }, (_, i) => (
        <span key={i} className={`h-2.5 w-3.5 ${i < step ? LOOKS[status].fill : 'bg-rule'}`} />
      ))}
    </span>
  )
}
