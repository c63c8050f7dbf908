import type { JobStatus } from './schema'

/*
 * Replies as the indexer sends them, for the unit tests only: a job of three seats, of which seat 3 lied.
 */

export const JOB = 'J'.repeat(43)
export const MINT = 'M'.repeat(43)
export const ROOT = 'ab'.repeat(32)
const ZERO = '00'.repeat(32)
const OPERATORS = ['A', 'B', 'C'].map((letter) => letter.repeat(43))
const SEATS = ['D', 'E', 'F'].map((letter) => letter.repeat(43))
const POSTED_AT = 1_800_000_000

/** Event `id` happens `id` seconds after the posting. */
export const event = (id: number, kind: string, data: Record<string, unknown> = {}) => ({
  id: `${id}`,
  slot: `${100 + id}`,
  time: new Date((POSTED_AT + id) * 1000).toISOString(),
  signature: `${id}`.padStart(4, '1').repeat(22),
  program: 'escrow',
  kind,
  job: JOB,
  data: { job: JOB, ...data },
})

const seatEvents = (first: number, kind: string, data: (i: number) => Record<string, unknown> = () => ({})) =>
  [0, 1, 2].map((i) => event(first + i, kind, { seat: SEATS[i], operator: OPERATORS[i], ...data(i) }))

/** The whole history of the job. Ids 0 to 17, in the order of the chain. */
export const HISTORY = [
  event(0, 'JobPosted', { requester: 'R'.repeat(43), mint: MINT, units: '32', deposit: '9600000' }),
  event(1, 'SeedDrawn', { slot: '99' }),
  ...seatEvents(2, 'SeatClaimed', (i) => ({ index: i, exposure: '25960000000' })),
  event(5, 'RoundOpened'),
  ...seatEvents(6, 'ResultSealed'),
  ...seatEvents(9, 'ResultRevealed'),
  event(12, 'RoundFinalized', { root: ROOT, winners: 3, losers: 4 }),
  event(13, 'SeatSettled', { seat: SEATS[0], operator: OPERATORS[0], paid: '3120000', fee: '80000' }),
  event(14, 'SeatSlashed', { seat: SEATS[2], operator: OPERATORS[2], reason: 'Wrong', amount: '25960000000' }),
  event(15, 'SeatSettled', { seat: SEATS[1], operator: OPERATORS[1], paid: '3120000', fee: '80000' }),
  event(16, 'JobRefunded', { amount: '3200000' }),
  event(17, 'JobClosed'),
]

/** A challenge of unit 5, as the indexer has it while the executor may answer. */
export const challenge = (more: Record<string, unknown> = {}) => ({
  address: 'K'.repeat(43),
  closed_slot: null,
  state: 'answering',
  opened_at: '2027-01-15T08:00:00Z',
  kind: { Challenge: { unit: '5' } } as unknown,
  ruling: 'Open',
  level: 0,
  chairs: 3,
  joined: 0,
  sealed: 0,
  revealed: 0,
  job: JOB,
  opener: 'N'.repeat(43),
  bond: '10000000000',
  until: `${POSTED_AT + 60}`,
  claim: ROOT,
  decision: ZERO,
  ...more,
})

/** The reply of `/v1/jobs/{address}` after the first `events` of the history. */
export const jobPage = (status: JobStatus, events: number) => ({
  slot: '200',
  commitment: 'confirmed',
  job: {
    address: JOB,
    slot: '200',
    closed_slot: null,
    status,
    state: 'Open',
    class: 0,
    replicas: 3,
    strategy: { Replicated: { replicas: 3, quorum: 2, most: 3, adaptive: false } } as Record<string, object>,
    prices: [] as string[],
    cases: 0,
    seats: 0,
    winners: 3,
    losers: 4,
    fee_bps: 250,
    requester: 'R'.repeat(43),
    mint: MINT,
    nonce: '18446744073709551615',
    spec_hash: 'cd'.repeat(32),
    units: '32',
    seat_price: '3200000',
    bond: '960000000',
    exposure: '25960000000',
    posted_at: `${POSTED_AT}`,
    seal_by: `${POSTED_AT + 600}`,
    requirements: {
      engine: 0,
      cores: 1,
      memory_mib: 64,
      disk_gib: 0,
      gpus: 0,
      gpu_memory_mib: 0,
      verified: false,
    },
    root: ROOT,
    uri: 'https://example.org/spec.json',
  },
  seats: [0, 1, 2].map((i) => ({
    address: SEATS[i],
    index: i,
    state: 'Revealed',
    job: JOB,
    operator: OPERATORS[i],
    seal_by: `${POSTED_AT + 600}`,
    commitment: i < 2 ? ROOT : ZERO,
    outcome: i < 2 ? 'won' : 'lost',
    paid: i < 2 ? '3120000' : '0',
    slashed: i < 2 ? '0' : '25960000000',
  })),
  round: null,
  cases: [] as ReturnType<typeof challenge>[],
  mint: { address: 'P'.repeat(43), mint: MINT, decimals: 6, bond_rate: '300000' },
  timeline: HISTORY.slice(0, events),
})
