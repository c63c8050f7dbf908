import { formatInteger, isZeroHash } from './format'
import type { Job, Seat, Strategy } from './schema'

const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`

/** A window to the second, in the largest unit that fits. */
export function spanWords(seconds: number): string {
  const day = 24 * 60 * 60
  if (seconds > day && seconds % day === 0) return `${seconds / day} d`
  if (seconds > 0 && seconds % 3600 === 0) return `${seconds / 3600} h`
  if (seconds > 0 && seconds % 60 === 0) return `${seconds / 60} min`
  return `${seconds} s`
}

/** How a result is judged, in a few words: `2 of 3 agree`, `challenge within 24 h`. The SDK says the same. */
export function strategyWords(strategy: Strategy): string {
  if ('Replicated' in strategy) {
    const { replicas, quorum, most, adaptive } = strategy.Replicated
    const widened = most > replicas ? `, up to ${most}` : ''
    const checked = adaptive ? ', re-checked by chance' : ''
    return `${quorum} of ${replicas}${widened || checked ? '' : ' agree'}${widened}${checked}`
  }
  if ('Sampled' in strategy) return `${plural(strategy.Sampled.samples, 'sample')}, committee of ${strategy.Sampled.committee}`
  if ('Optimistic' in strategy) return `challenge within ${spanWords(strategy.Optimistic.window)}`
  if ('Proven' in strategy) return 'proof'
  if ('Attested' in strategy) return plural(strategy.Attested.threshold, 'attestor')
  return `review within ${spanWords(strategy.Accepted.window)}`
}

/** Whether seals and reveals judge it. */
export const hasRound = (strategy: Strategy): boolean => 'Replicated' in strategy || 'Sampled' in strategy
/** Whether it is delivered for review, and silence accepts it. */
export const isReviewed = (strategy: Strategy): boolean => 'Optimistic' in strategy || 'Accepted' in strategy

/** Seats that may ever be asked for. */
export function mostSeats(strategy: Strategy): number {
  if ('Replicated' in strategy) return strategy.Replicated.most
  return 'Sampled' in strategy ? strategy.Sampled.committee + 1 : 1
}

/** What a seat is offered, in base units: where seats differ, the job says what each gets. */
export function seatPrice(job: Job, index: number): bigint {
  const own = job.prices[index] ?? 0n
  return own > 0n ? own : job.seat_price
}

/** What the requester paid in, in base units: every seat that may be asked for, at its price. */
export const jobPrice = (job: Job): bigint =>
  Array.from({ length: mostSeats(job.strategy) }, (_, index) => seatPrice(job, index)).reduce((sum, price) => sum + price, 0n)

/** Who does what, in a sentence or two. */
export function seatsNote({ strategy }: Job): string {
  if ('Replicated' in strategy) {
    const { replicas, quorum, most, adaptive } = strategy.Replicated
    const first = adaptive
      ? `One operator computes; ${replicas} do where chance has it checked, and ${quorum} of them must agree.`
      : `${replicas} operators compute the same; ${quorum} must agree.`
    return most > replicas ? `${first} Without a quorum more are asked, up to ${most}.` : first
  }
  if ('Sampled' in strategy) {
    const { samples, committee } = strategy.Sampled
    return `One operator computes; a committee of ${committee} computes ${plural(samples, 'drawn unit')} again.`
  }
  if ('Optimistic' in strategy)
    return `One operator computes; within ${spanWords(strategy.Optimistic.window)} anybody may challenge a unit, to a jury.`
  if ('Proven' in strategy) return 'One operator computes, and proves it on chain.'
  if ('Attested' in strategy)
    return `One operator computes; ${plural(strategy.Attested.threshold, 'registered attestor')} must sign for it.`
  return `One operator computes; the requester accepts it, or rejects it to a jury. Silence for ${spanWords(strategy.Accepted.window)} accepts.`
}

/** What stands behind a root that was settled on. */
export function findingWords(job: Job, agreed: number): string {
  const { strategy, replicas } = job
  const units = `${formatInteger(job.units)} ${job.units === 1n ? 'unit' : 'units'}`
  if ('Replicated' in strategy) {
    if (replicas === 1) return `One seat revealed this root for ${units}; the draw left it unchecked.`
    const needed = Math.max(strategy.Replicated.quorum, Math.floor(replicas / 2) + 1)
    return `${agreed} of ${replicas} seats revealed this root for ${units}; ${needed} were needed.`
  }
  if ('Sampled' in strategy)
    return `One seat sealed this root for ${units}, and the committee found the drawn ones to be so.`
  if ('Optimistic' in strategy) return `Delivered for ${units}, and no challenge to it held.`
  if ('Proven' in strategy) return `Proven for ${units}, and the proof was checked on chain.`
  if ('Attested' in strategy) return `${plural(strategy.Attested.threshold, 'attestor')} signed for this root of ${units}.`
  return `Delivered for ${units}, and accepted.`
}

/** What a seat's commitment is, and whether it is another than what was found. Before the verdict a root is only claimed. */
export function commitmentWords(seat: Seat, job: Job): [words: string, differs: boolean] {
  if (seat.state !== 'Revealed' && seat.state !== 'Delivered') return ['seal', false]
  // What the committee and the executor reveal of a sampled job is of the drawn units only.
  if ('Sampled' in job.strategy) return ['digest of the samples', seat.outcome === 'lost']
  if (isZeroHash(job.root) || !isJudged(job)) return ['digest', false]
  return seat.commitment === job.root ? ['digest, equals the root', false] : ['digest, not the root', true]
}

/** Whether there is a result that was settled on. */
export const isJudged = (job: Job): boolean => (job.status === 'verified' || job.status === 'settled') && !isZeroHash(job.root)
