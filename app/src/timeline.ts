import { type Description, describe, integerOf, textOf } from './describe'
import type { Event, Job, Seat } from './schema'
import { LABELS, ORDER, PER_SEAT, type StageKey, dueStages, mainStages, stageOf } from './stages'

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

type Input = { job: Job; seats: Seat[]; timeline: Event[] }

/** The job's events, grouped by stage in order, with the stages that are still due. Unknown events are kept. */
export function buildTimeline({ job, seats, timeline }: Input): Stage[] {
  const events = [...timeline].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
  const by = byStage(events)
  const start = Number(job.posted_at) * 1000
  const due = dueStages(job, by)
  return orderOf(due, mainStages(job)).filter((key) => by.has(key) || due.includes(key)).map((key) => {
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
function orderOf(due: StageKey[], main: StageKey[]): StageKey[] {
  const current = due[0]
  if (current === undefined || main.indexOf(current) >= main.indexOf('settled') || current === 'refunded') return ORDER
  return ORDER.filter((key) => key !== 'slashed').flatMap((key): StageKey[] => (key === current ? ['slashed', key] : [key]))
}

function byStage(events: Event[]): Map<StageKey, Event[]> {
  const by = new Map<StageKey, Event[]>()
  for (const event of events) {
    const key = stageOf(event.kind)
    by.set(key, [...(by.get(key) ?? []), event])
  }
  return by
}

function labelOf(key: StageKey, job: Job): string {
  if (job.status !== 'unresolved') return LABELS[key]
  return key === 'verified' ? 'No quorum' : key === 'settled' ? 'Released' : LABELS[key]
}

function progressOf(key: StageKey, job: Job, events: Event[]): string {
  const kinds = PER_SEAT[key]
  if (kinds === undefined) return ''
  const ghosts = events.filter((event) => event.kind === 'SeatSlashed' && textOf(event.data, 'reason') === 'Ghost').length
  const done = events.filter((event) => kinds.includes(event.kind)).length - (key === 'seated' ? ghosts : 0)
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
  ({
    open: 1,
    seated: 2,
    sealed: 3,
    delivered: 4,
    revealed: 4,
    disputed: 4,
    verified: 5,
    settled: 6,
    unresolved: 4,
    cancelled: 1,
    expired: 1,
  })[status]
