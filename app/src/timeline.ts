import { type Description, describe, integerOf, textOf } from './describe'
import type { Event, Job, Seat } from './schema'

/** The stages of a job in their order. The last six appear only when they happened or are due. */
export type StageKey =
  | 'posted'
  | 'drawn'
  | 'seated'
  | 'sealed'
  | 'revealed'
  | 'verified'
  | 'settled'
  | 'slashed'
  | 'cancelled'
  | 'expired'
  | 'refunded'
  | 'closed'
  | 'other'

export type Entry = Description & {
  id: string
  /** Unix milliseconds; NaN when the event's time cannot be read. */
  time: number
  /** Milliseconds since the job was posted. */
  since: number
  slot: bigint
  signature: string
}

export type Stage = {
  key: StageKey
  label: string
  state: 'done' | 'current' | 'pending'
  /** How far a stage with one step a seat is: `2 of 3`; empty elsewhere. */
  progress: string
  entries: Entry[]
}

const STAGE_OF: Record<string, StageKey> = {
  JobPosted: 'posted',
  SeedDrawn: 'drawn',
  DrawRearmed: 'drawn',
  SeatClaimed: 'seated',
  RoundOpened: 'posted',
  ResultSealed: 'sealed',
  ResultRevealed: 'revealed',
  RoundFinalized: 'verified',
  SeatSettled: 'settled',
  SeatSlashed: 'slashed',
  JobCancelled: 'cancelled',
  JobExpired: 'expired',
  JobRefunded: 'refunded',
  RoundClosed: 'closed',
  JobClosed: 'closed',
}

const LABELS: Record<StageKey, string> = {
  posted: 'Posted',
  drawn: 'Drawn',
  seated: 'Seated',
  sealed: 'Sealed',
  revealed: 'Revealed',
  verified: 'Verified',
  settled: 'Settled',
  slashed: 'Slashed',
  cancelled: 'Cancelled',
  expired: 'Expired',
  refunded: 'Refunded',
  closed: 'Closed',
  other: 'Also recorded',
}

const ORDER = Object.keys(LABELS) as StageKey[]
/** What every job that goes well passes, so what is still due can be shown. */
const MAIN: StageKey[] = ['posted', 'drawn', 'seated', 'sealed', 'revealed', 'verified', 'settled', 'closed']
/** Stages with one step a seat. */
const PER_SEAT: Partial<Record<StageKey, string>> = {
  seated: 'SeatClaimed',
  sealed: 'ResultSealed',
  revealed: 'ResultRevealed',
}
const FAILED: Job['status'][] = ['unresolved', 'cancelled', 'expired']

type Input = { job: Job; seats: Seat[]; timeline: Event[] }

/** The job's events, grouped by stage in order, with the stages that are still due. Unknown events are kept. */
export function buildTimeline({ job, seats, timeline }: Input): Stage[] {
  const events = [...timeline].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
  const by = byStage(events)
  const start = Number(job.posted_at) * 1000
  const due = dueStages(job, by)
  return orderOf(due).filter((key) => by.has(key) || due.includes(key)).map((key) => {
    const found = by.get(key) ?? []
    return {
      key,
      label: labelOf(key, job),
      state: !due.includes(key) ? 'done' : key === due[0] ? 'current' : 'pending',
      progress: progressOf(key, job, events),
      entries: found.map((event) => entryOf(event, start, seats)),
    }
  })
}

/** Slashing comes with settlement; that of a ghost comes earlier, so before the verdict it stands above what is due. */
function orderOf(due: StageKey[]): StageKey[] {
  const current = due[0]
  if (current === undefined || MAIN.indexOf(current) >= MAIN.indexOf('settled') || current === 'refunded') return ORDER
  return ORDER.filter((key) => key !== 'slashed').flatMap((key): StageKey[] => (key === current ? ['slashed', key] : [key]))
}

function byStage(events: Event[]): Map<StageKey, Event[]> {
  const by = new Map<StageKey, Event[]>()
  for (const event of events) {
    const key = Object.hasOwn(STAGE_OF, event.kind) ? STAGE_OF[event.kind]! : 'other'
    by.set(key, [...(by.get(key) ?? []), event])
  }
  return by
}

/** The stages not behind the job, the one it is in first. A job that failed only has its refund and closing ahead. */
function dueStages(job: Job, by: Map<StageKey, Event[]>): StageKey[] {
  if (by.get('closed')?.some((event) => event.kind === 'JobClosed')) return []
  if (job.status === 'settled') return ['closed']
  if (FAILED.includes(job.status)) return by.has('refunded') ? ['closed'] : ['refunded', 'closed']
  if (job.status === 'verified') return MAIN.slice(MAIN.indexOf('settled'))
  // Before the verdict the last stage with an event is the one the job is in; but one event ends posting and
  // drawing, and the status tells when every seat is taken or sealed.
  const last = MAIN.findLastIndex((key) => by.has(key))
  const reached = MAIN.indexOf(job.status === 'seated' ? 'sealed' : job.status === 'sealed' ? 'revealed' : 'drawn')
  return MAIN.slice(Math.max(last <= MAIN.indexOf('drawn') ? last + 1 : last, reached))
}

function labelOf(key: StageKey, job: Job): string {
  if (job.status !== 'unresolved') return LABELS[key]
  return key === 'verified' ? 'No quorum' : key === 'settled' ? 'Released' : LABELS[key]
}

function progressOf(key: StageKey, job: Job, events: Event[]): string {
  const kind = PER_SEAT[key]
  if (kind === undefined) return ''
  const ghosts = events.filter((event) => event.kind === 'SeatSlashed' && textOf(event.data, 'reason') === 'Ghost').length
  const done = events.filter((event) => event.kind === kind).length - (key === 'seated' ? ghosts : 0)
  return `${Math.max(0, done)} of ${job.replicas}`
}

function entryOf(event: Event, start: number, seats: Seat[]): Entry {
  const time = Date.parse(event.time)
  const words = describe(event)
  return {
    ...words,
    amount: event.kind === 'SeatSlashed' ? slashedAmount(event, seats) : words.amount,
    id: `${event.id}`,
    time,
    since: time - start,
    slot: event.slot,
    signature: event.signature,
  }
}

/** The event tells the most a seat can lose; the seat's row tells what its pool really had. */
function slashedAmount(event: Event, seats: Seat[]): Description['amount'] {
  const most = integerOf(event.data, 'amount')
  const real = seats.find((seat) => seat.address === textOf(event.data, 'seat'))?.slashed ?? 0n
  const base = most !== null && real > 0n && real < most ? real : most
  return base === null ? null : { base, unit: 'asy' }
}

/** How far a status is on the way to settlement, of [`STEPS`] steps. */
export const STEPS = 6
export const stepOf = (status: Job['status']): number =>
  ({ open: 1, seated: 2, sealed: 3, revealed: 4, verified: 5, settled: 6, unresolved: 4, cancelled: 1, expired: 1 })[status]
