import * as v from 'valibot'
import { caseTitle } from './cases'
import { formatBps, formatInteger, isZeroHash } from './format'
import { Case, type Event, Strategy } from './schema'
import { strategyWords } from './strategy'

/** How an event bears on the market: decides its mark and colour, never its only words. */
export type Tone = 'plain' | 'good' | 'bad' | 'warn'

/** An event in words. */
export type Description = {
  /** Who did it, if the event names somebody; the text then continues the sentence. */
  actor: string | null
  text: string
  tone: Tone
  /** Base units, of the payment mint or of ASY. */
  amount: { base: bigint; unit: 'payment' | 'asy' } | null
}

type Data = Event['data']

/** A text field; empty when missing. */
export const textOf = (data: Data, key: string): string => (typeof data[key] === 'string' ? data[key] : '')

/** An integer field, sent as a string (u64) or a number (u8 to u32); null when missing or something else. */
export function integerOf(data: Data, key: string): bigint | null {
  const value = data[key]
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
  return typeof value === 'string' && /^-?\d+$/.test(value) ? BigInt(value) : null
}

/** A list field; empty when missing. */
const listOf = (data: Data, key: string): unknown[] => (Array.isArray(data[key]) ? data[key] : [])

const count = (data: Data, key: string) => formatInteger(integerOf(data, key) ?? 0n)
const seat = (data: Data) => `${(integerOf(data, 'index') ?? 0n) + 1n}`
const milestone = (data: Data) => `${(integerOf(data, 'milestone') ?? 0n) + 1n}`
const plural = (digits: string, noun: string) => `${digits} ${noun}${digits === '1' ? '' : 's'}`

/** How many bits of a u8 set (seats, winners, losers) are 1. */
export const bits = (set: number): number => set.toString(2).replaceAll('0', '').length

const REASONS: Record<string, string> = {
  Wrong: 'slashed: revealed a result other than the quorum’s',
  Silent: 'slashed: sealed a result and never revealed it',
  Ghost: 'slashed: took a seat and never sealed a result',
}

type Words = [text: string, tone?: Tone, amountKey?: string, unit?: 'payment' | 'asy']

/** One line for each kind of event; a kind that is not here shows under its own name. */
const WORDS: Record<string, (data: Data) => Words> = {
  JobPosted: (d) => [`posted a job of ${plural(count(d, 'units'), 'unit')}${judged(d)} and paid in`, 'plain', 'deposit', 'payment'],
  SeedDrawn: (d) => [`Seed drawn from the hash of slot ${count(d, 'slot')}`],
  DrawRearmed: () => ['The seed had aged out; the draw is repeated', 'warn'],
  SeatClaimed: (d) => [`took seat ${seat(d)} and locked`, 'plain', 'exposure', 'asy'],
  RoundOpened: () => ['Verification round opened'],
  ResultSealed: () => ['sealed a result'],
  ResultRevealed: () => ['revealed its result'],
  RoundFinalized: (d) => finalized(d),
  RecheckDrawn: (d) => [`was ${d.rechecked === true ? '' : 'not '}drawn to be checked, at a chance of ${formatBps(Number(integerOf(d, 'bps') ?? 0n))}`],
  RoundWidened: (d) => [`No quorum: ${count(d, 'replicas')} seats are asked for now`, 'warn'],
  RoundTied: () => ['No quorum, and no more may be asked: a jury may be called', 'warn'],
  CanaryCommitted: () => ['Canary committed to'],
  CanaryRevealed: () => ['The job was a canary: its answer was known', 'warn'],
  CanaryClosed: () => ['Canary closed unused'],
  RootRevealed: () => ['revealed its root'],
  SampleProven: (d) => [d.whole === true ? 'proved all drawn units to be its own' : `proved ${plural(count(d, 'leaves'), 'drawn unit')} so far`],
  SampleRevealed: (d) => [`revealed what it found for ${plural(`${listOf(d, 'digests').length}`, 'drawn unit')}`],
  SampleCounted: (d) => (isZeroHash(textOf(d, 'root')) ? ['The committee has no majority', 'warn'] : ['The committee’s majority is counted']),
  CaseOpened: (d) => [`opened a case (${about(d)}) with at stake`, 'warn', 'bond', 'asy'],
  CaseAnswered: (d) => [d.complete === true ? 'opened the challenged leaf: a jury is called' : 'opened the challenged leaf in part'],
  JuryDrawn: (d) => [`Jury of ${count(d, 'chairs')} drawn from the hash of slot ${count(d, 'slot')}`],
  JuryRearmed: () => ['The jury’s seed had aged out; the draw is repeated', 'warn'],
  JurorJoined: () => ['took a chair of the jury and locked', 'plain', 'bond', 'asy'],
  BallotSealed: () => ['sealed a vote'],
  BallotRevealed: () => ['revealed its vote'],
  CaseResolved: (d) => (isZeroHash(textOf(d, 'decision')) ? ['The jury came to no decision', 'warn'] : ['The jury has decided']),
  CaseAppealed: (d) => [`appealed to a jury of ${count(d, 'chairs')}, with at stake`, 'warn', 'bond', 'asy'],
  CaseConcluded: (d) => [RULINGS[textOf(d, 'ruling')] ?? 'Case concluded'],
  CaseMooted: () => ['Case moot: the job ended otherwise'],
  CasePaid: () => ['The case paid what it owed', 'plain', 'amount', 'asy'],
  CaseClosed: () => ['Case closed, its rent returned'],
  BallotSettled: (d) => (integerOf(d, 'paid') === 0n ? ['had its juror’s bond released'] : ['was paid as a juror', 'good', 'paid', 'asy']),
  BallotSlashed: () => ['slashed: as a juror did not vote as decided', 'bad', 'amount', 'asy'],
  SuretyReturned: () => ['got back what it had at stake in cases', 'plain', 'amount', 'asy'],
  ResultProven: () => ['proved its result', 'good'],
  ResultAttested: (d) => [`had its result signed for by ${plural(`${listOf(d, 'attestors').length}`, 'attestor')}`, 'good'],
  KeyRegistered: () => ['Proof key registered'],
  KeyRetired: () => ['Proof key retired'],
  KeyClosed: () => ['Proof key closed'],
  AttestorRegistered: () => ['Attestor registered'],
  AttestorRevoked: () => ['Attestor revoked', 'warn'],
  AttestorClosed: () => ['Attestor’s account closed'],
  SeatSettled: (d) => (integerOf(d, 'paid') === 0n ? ['had its bond released'] : ['was paid', 'good', 'paid', 'payment']),
  SeatSlashed: (d) => [REASONS[textOf(d, 'reason')] ?? 'slashed', 'bad', 'amount', 'asy'],
  JobCancelled: () => ['Job taken back by its requester', 'warn'],
  JobExpired: () => ['Job ran out of time with no seat taken', 'warn'],
  JobToppedUp: () => ['Price or deadline raised', 'plain', 'deposit', 'payment'],
  ResultDelivered: (d) => [integerOf(d, 'milestone') === 0n ? 'delivered its result' : `delivered milestone ${milestone(d)}`],
  MilestoneReleased: (d) =>
    d.is_last === true ? ['had its result accepted', 'good'] : [`had milestone ${milestone(d)} accepted`, 'good', 'paid', 'payment'],
  RoyaltyPaid: () => ['Royalty paid', 'good', 'amount', 'payment'],
  Heartbeat: (d) => [`works: ${count(d, 'progress')} units done`],
  JobRefunded: () => ['Unspent payment returned to the requester', 'plain', 'amount', 'payment'],
  RoundClosed: () => ['Round closed, its rent returned'],
  JobClosed: () => ['Job and vault closed, their rent returned'],
  DeviceRegistered: () => ['registered a device'],
  DeviceUpdated: () => ['Device described anew'],
  DeviceAvailable: (d) => [d.available === true ? 'Device takes work' : 'Device takes no more work'],
  DeviceVerified: (d) => (d.verified === true ? ['Device verified', 'good'] : ['Device no longer verified', 'warn']),
  DeviceRetired: () => ['Device retired'],
  BidPlaced: () => ['bid', 'plain', 'price', 'payment'],
  BidWithdrawn: () => ['Bid withdrawn'],
  BidAwarded: () => ['Bid awarded', 'good', 'price', 'payment'],
  ModelPublished: () => ['Model published'],
  ModelRevised: (d) => [`Model has revision ${count(d, 'revision')}`],
  ModelPayeeSet: () => ['Model pays somebody else'],
  ModelRetired: () => ['Model retired'],
  MintRegistered: () => ['Payment mint allowed'],
  PoolOpened: () => ['opened a stake pool'],
  Staked: () => ['staked', 'plain', 'amount', 'asy'],
  UnstakeRequested: () => ['began to unstake', 'plain', 'amount', 'asy'],
  Withdrawn: () => ['Stake withdrawn', 'plain', 'amount', 'asy'],
  Slashed: () => ['lost stake', 'bad', 'amount', 'asy'],
  Minted: () => ['ASY minted', 'plain', 'amount', 'asy'],
  Burned: () => ['burned', 'plain', 'amount', 'asy'],
  FeesCollected: () => ['Fees collected'],
  FeeVaultOpened: () => ['Fee vault opened'],
  MinterSet: () => ['Minting allowance set'],
  WeightSynced: () => ['Weight of a pool brought up to date'],
  TokenInitialized: () => ['Token program initialized'],
  StakingInitialized: () => ['Staking program initialized'],
  EscrowInitialized: () => ['Escrow program initialized'],
  VerificationInitialized: () => ['Verification program initialized'],
  RecordOpened: (d) => [`has a record in class ${count(d, 'class')}`],
}

const RULINGS: Record<string, string> = {
  Unanswered: 'Case concluded: it was not answered in time',
  Decided: 'Case concluded as the jury decided',
  Undecided: 'Case concluded: no jury could say',
  Moot: 'Case moot: the job ended otherwise',
}

/** What a case is about, in lower case. */
function about(data: Data): string {
  const known = v.safeParse(Case.entries.kind, data.kind)
  const title = known.success ? caseTitle({ kind: known.output }) : 'of a kind this page does not know'
  return title.charAt(0).toLowerCase() + title.slice(1)
}

/** How a job is judged, in brackets; nothing where this page does not know the strategy. */
function judged(data: Data): string {
  const known = v.safeParse(Strategy, data.strategy)
  return known.success ? ` (${strategyWords(known.output)})` : ''
}

function finalized(data: Data): Words {
  const won = bits(Number(integerOf(data, 'winners') ?? 0n))
  if (won === 0) return ['No quorum: no result was agreed on', 'warn']
  const lost = bits(Number(integerOf(data, 'losers') ?? 0n))
  return [`Quorum reached: ${plural(`${won}`, 'seat')} agreed, ${lost} did not`, 'good']
}

/** An event in words; never throws, whatever the event holds. */
export function describe(event: Event): Description {
  const { data, kind } = event
  const words = Object.hasOwn(WORDS, kind) ? WORDS[kind] : undefined
  const [text, tone = 'plain', key, unit = 'asy'] = words?.(data) ?? [spaced(kind)]
  const actor = ['operator', 'requester', 'owner', 'opener', 'by'].map((field) => textOf(data, field)).find((found) => found !== '')
  const base = key === undefined ? null : integerOf(data, key)
  // Sentences that start with a capital stand alone: naming an actor before them would not read.
  const standsAlone = words === undefined || /^[A-Z]/.test(text)
  return { actor: standsAlone ? null : (actor ?? null), text, tone, amount: base === null ? null : { base, unit } }
}

/** `EmissionChanged` as `Emission changed`. */
const spaced = (kind: string) => kind.replace(/(?<=[a-z0-9])([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`)
