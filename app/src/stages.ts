import type { Event, Job } from './schema'
import { hasRound, isReviewed } from './strategy'

/** The stages of a job in their order. Those that not every job passes appear only when they happened or are due. */
export type StageKey =
  | 'posted'
  | 'drawn'
  | 'seated'
  | 'sealed'
  | 'revealed'
  | 'delivered'
  | 'disputed'
  | 'verified'
  | 'settled'
  | 'slashed'
  | 'cancelled'
  | 'expired'
  | 'refunded'
  | 'closed'
  | 'other'

export const LABELS: Record<StageKey, string> = {
  posted: 'Posted',
  drawn: 'Drawn',
  seated: 'Seated',
  sealed: 'Sealed',
  revealed: 'Revealed',
  delivered: 'Delivered',
  disputed: 'Disputed',
  verified: 'Verified',
  settled: 'Settled',
  slashed: 'Slashed',
  cancelled: 'Cancelled',
  expired: 'Expired',
  refunded: 'Refunded',
  closed: 'Closed',
  other: 'Also recorded',
}

export const ORDER = Object.keys(LABELS) as StageKey[]

const STAGE_OF: Record<string, StageKey> = {
  JobPosted: 'posted',
  JobToppedUp: 'posted',
  RoundOpened: 'posted',
  SeedDrawn: 'drawn',
  DrawRearmed: 'drawn',
  RecheckDrawn: 'drawn',
  RoundWidened: 'drawn',
  SeatClaimed: 'seated',
  Heartbeat: 'seated',
  ResultSealed: 'sealed',
  ResultRevealed: 'revealed',
  RootRevealed: 'revealed',
  SampleProven: 'revealed',
  SampleRevealed: 'revealed',
  SampleCounted: 'revealed',
  CanaryRevealed: 'revealed',
  ResultDelivered: 'delivered',
  RoundTied: 'disputed',
  RoundFinalized: 'verified',
  MilestoneReleased: 'verified',
  ResultProven: 'verified',
  ResultAttested: 'verified',
  SeatSettled: 'settled',
  SeatSlashed: 'slashed',
  BallotSlashed: 'slashed',
  SuretyReturned: 'settled',
  JobCancelled: 'cancelled',
  JobExpired: 'expired',
  JobRefunded: 'refunded',
  RoyaltyPaid: 'refunded',
  RoundClosed: 'closed',
  JobClosed: 'closed',
}

/** Where an event belongs; what is not known is kept under `other`. */
export function stageOf(kind: string): StageKey {
  if (Object.hasOwn(STAGE_OF, kind)) return STAGE_OF[kind]!
  return /^(Case|Jury|Juror|Ballot|Appeal)/.test(kind) ? 'disputed' : 'other'
}

/** What a job passes that goes well and is not disputed, so what is still due can be shown. */
export function mainStages({ strategy }: Job): StageKey[] {
  const judging: StageKey[] = hasRound(strategy) ? ['sealed', 'revealed'] : isReviewed(strategy) ? ['delivered'] : []
  return ['posted', 'drawn', 'seated', ...judging, 'verified', 'settled', 'closed']
}

/** The events that are one step of a seat. */
export const PER_SEAT: Partial<Record<StageKey, string[]>> = {
  seated: ['SeatClaimed'],
  sealed: ['ResultSealed'],
  revealed: ['ResultRevealed', 'SampleRevealed', 'RootRevealed'],
}

const FAILED: Job['status'][] = ['unresolved', 'cancelled', 'expired']

/** The stages not behind the job, the one it is in first. A job that failed only has its refund and closing ahead. */
export function dueStages(job: Job, by: Map<StageKey, Event[]>): StageKey[] {
  if (by.get('closed')?.some((event) => event.kind === 'JobClosed')) return []
  if (job.status === 'settled') return ['closed']
  if (FAILED.includes(job.status)) return by.has('refunded') ? ['closed'] : ['refunded', 'closed']
  const main = mainStages(job)
  const from = (key: StageKey) => main.slice(main.indexOf(key))
  switch (job.status) {
    case 'verified':
      return from('settled')
    case 'disputed':
      return ['disputed', ...from('verified')]
    case 'sealed':
    case 'revealed':
      return from('revealed')
    case 'delivered':
      return from('verified')
    case 'seated':
      return main.slice(main.indexOf('seated') + 1)
    default: {
      // Open: seats are free, at first or because more are asked. One event ends posting and drawing.
      const last = main.findLastIndex((key) => by.has(key))
      return main.slice(Math.min(last + 1, main.indexOf('seated')))
    }
  }
}
