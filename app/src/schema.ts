import * as v from 'valibot'

/*
 * What the indexer's replies look like. Each schema both checks a reply and gives it its type, so a reply that
 * does not fit is an error with a path instead of `undefined` on a page. Fields that no page shows are left out:
 * unknown keys are ignored, so the indexer may add some.
 */

/** A u64, u128 or i64: a decimal string in JSON, because JSON numbers lose digits past 2^53. */
const integer = v.pipe(v.string(), v.regex(/^-?\d{1,39}$/, 'not a decimal integer'), v.transform((digits) => BigInt(digits)))
const small = v.pipe(v.number(), v.safeInteger())
/** Counts may come as numbers or as decimal strings: they are shown, never calculated with. */
const count = v.union([v.pipe(small, v.transform((value) => BigInt(value))), integer])
const address = v.pipe(v.string(), v.regex(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/, 'not a base58 address'))
const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'not 32 bytes of lower hex'))

export const JOB_STATUSES = [
  'open',
  'seated',
  'delivered',
  'sealed',
  'revealed',
  'disputed',
  'verified',
  'settled',
  'unresolved',
  'cancelled',
  'expired',
] as const

/** `slot` and `commitment` come with every reply. */
const reply = { slot: integer, commitment: v.string() }

/** How a job is judged: one variant, with its terms. */
export const Strategy = v.union(
  [
    v.object({ Replicated: v.object({ replicas: small, quorum: small, most: small, adaptive: v.boolean() }) }),
    v.object({ Sampled: v.object({ samples: small, committee: small }) }),
    v.object({ Optimistic: v.object({ window: small }) }),
    v.object({ Proven: v.object({ key: address }) }),
    v.object({ Attested: v.object({ registrar: address, threshold: small }) }),
    v.object({ Accepted: v.object({ window: small }) }),
  ],
  'not a strategy that this page knows',
)

export const Job = v.object({
  address,
  closed_slot: v.nullable(integer),
  status: v.picklist(JOB_STATUSES),
  class: small,
  /** Seats that are asked for now; more may be, up to what the strategy says. */
  replicas: small,
  strategy: Strategy,
  /** What each seat gets, where they differ. */
  prices: v.array(integer),
  cases: small,
  seats: small,
  winners: small,
  losers: small,
  fee_bps: small,
  requester: address,
  mint: address,
  nonce: integer,
  spec_hash: hash,
  units: integer,
  seat_price: integer,
  bond: integer,
  exposure: integer,
  posted_at: integer,
  seal_by: integer,
  requirements: v.object({
    engine: small,
    cores: small,
    memory_mib: small,
    disk_gib: small,
    gpus: small,
    gpu_memory_mib: small,
    verified: v.boolean(),
  }),
  root: hash,
  uri: v.string(),
})

export const Seat = v.object({
  address,
  index: small,
  state: v.string(),
  operator: address,
  seal_by: integer,
  commitment: hash,
  outcome: v.picklist(['pending', 'won', 'lost', 'ghost', 'released']),
  paid: integer,
  slashed: integer,
})

export const Round = v.object({
  address,
  phase: v.string(),
  sealed: small,
  revealed: small,
  reveal_by: integer,
})

export const CASE_STATES = ['answering', 'called', 'judging', 'resolved', 'concluded', 'closed'] as const

export const Ballot = v.object({
  address,
  closed_slot: v.nullable(integer),
  state: v.picklist(['Joined', 'Sealed', 'Revealed']),
  level: small,
  operator: address,
  bond: integer,
  commitment: hash,
})

/** A dispute about a job. */
export const Case = v.object({
  address,
  closed_slot: v.nullable(integer),
  /** Its phase, until it is closed. */
  state: v.picklist(CASE_STATES),
  opened_at: v.nullable(v.string()),
  kind: v.union([
    v.picklist(['Sample', 'Tie']),
    v.object({ Challenge: v.object({ unit: integer }) }),
  ]),
  ruling: v.picklist(['Open', 'Unanswered', 'Decided', 'Undecided', 'Moot']),
  level: small,
  chairs: small,
  joined: small,
  sealed: small,
  revealed: small,
  job: address,
  opener: address,
  bond: integer,
  until: integer,
  claim: hash,
  decision: hash,
  /** On the pages of a job and of a case; lists leave them out. */
  ballots: v.optional(v.array(Ballot), []),
})

export const PaymentMint = v.object({ mint: address, decimals: small, symbol: v.optional(v.nullable(v.string())) })

export const Event = v.object({
  id: integer,
  slot: integer,
  time: v.string(),
  signature: v.string(),
  program: v.string(),
  kind: v.string(),
  job: v.nullable(address),
  data: v.record(v.string(), v.unknown()),
})

export const Operator = v.object({
  operator: address,
  pool: address,
  active: integer,
  cooling: integer,
  locked: integer,
  score_bps: v.nullable(small),
  seats_won: count,
  seats_lost: count,
  earned: v.array(v.object({ mint: address, amount: integer })),
  slashed: integer,
})

export const Stats = v.object({
  ...reply,
  jobs: v.object({ total: count, open: count, running: count, settled: count }),
  units_verified: count,
  seats_settled: count,
  operators: count,
  staked: integer,
  slashed: integer,
  burned: integer,
  supply: v.object({ minted: integer, burned: integer, current: integer }),
  volume: v.array(v.object({ mint: address, decimals: small, amount: integer })),
  events: count,
  mints: v.array(PaymentMint),
})

export const JobPage = v.object({
  ...reply,
  job: Job,
  seats: v.array(Seat),
  round: v.nullable(Round),
  cases: v.array(Case),
  mint: v.nullable(PaymentMint),
  timeline: v.array(Event),
})

const list = <T extends v.GenericSchema>(item: T) =>
  v.object({ ...reply, items: v.array(item), next_cursor: v.nullable(v.string()) })

export const JobList = list(Job)
export const OperatorList = list(Operator)
export const CaseList = list(Case)

export const Problem = v.object({ title: v.string(), status: v.number(), detail: v.optional(v.string()) })

export type JobStatus = (typeof JOB_STATUSES)[number]
export type Strategy = v.InferOutput<typeof Strategy>
export type Job = v.InferOutput<typeof Job>
export type Seat = v.InferOutput<typeof Seat>
export type Ballot = v.InferOutput<typeof Ballot>
export type Case = v.InferOutput<typeof Case>
export type Round = v.InferOutput<typeof Round>
export type PaymentMint = v.InferOutput<typeof PaymentMint>
export type Event = v.InferOutput<typeof Event>
export type Operator = v.InferOutput<typeof Operator>
export type Stats = v.InferOutput<typeof Stats>
export type JobPage = v.InferOutput<typeof JobPage>
export type JobList = v.InferOutput<typeof JobList>
export type CaseList = v.InferOutput<typeof CaseList>
export type OperatorList = v.InferOutput<typeof OperatorList>
