//! Every decision of a node, on snapshots built by hand.

pub(crate) mod cases;
mod ends;
mod offers;
mod reviews;
mod rounds;

use std::collections::{BTreeMap, HashMap};

use assay_sdk::{
    escrow::{
        self, Capabilities, ClassParams, Device, EscrowParams, Job, JobState, Requirements, Seat, SeatState, Strategy,
    },
    reputation::Record,
    staking::{self, Pool, StakingParams, Totals, Weight},
    verification::{self, Phase, Round, VerificationParams},
};
use solana_sdk::pubkey::Pubkey;

use super::*;

/// The moment of every snapshot, unless a test moves it.
const NOW: i64 = 1_000;
/// Last moment for any seal of [`job`]: two seal windows from now.
const SEAL_BY: i64 = 1_140;

fn key(n: u8) -> Pubkey {
    Pubkey::new_from_array([n; 32])
}

const fn me() -> Pubkey {
    Pubkey::new_from_array([1; 32])
}

const fn address() -> Pubkey {
    Pubkey::new_from_array([50; 32])
}

/// An open job with a seed and no seats taken: 3 replicas, quorum 2.
pub(crate) fn job() -> Job {
    Job {
        version: 1,
        bump: 0,
        vault_bump: 0,
        state: JobState::Open,
        class: 0,
        replicas: 3,
        cases: 0,
        seats: 0,
        winners: 0,
        losers: 0,
        released: 0,
        fee_bps: 0,
        cancel_floor_bps: 0,
        requester: key(9),
        mint: key(8),
        nonce: 0,
        spec_hash: [0; 32],
        units: 1,
        seat_price: 10,
        bond: 20,
        exposure: 30,
        posted_at: 900,
        seal_by: SEAL_BY,
        seal_window: 70,
        reveal_window: 20,
        bounty: 0,
        requirements: Requirements { cores: 2, memory_mib: 64, ..Requirements::default() },
        seed_slot: 100,
        seeded_at: NOW,
        seed: [7; 32],
        ended_at: 0,
        root: [0; 32],
        strategy: Strategy::ORDINARY,
        uri: String::new(),
        prices: vec![],
        milestones: vec![],
        legs: vec![],
    }
}

/// The round that was opened for [`job`].
fn round(phase: Phase, sealed: u8, revealed: u8) -> Round {
    let (job, payer) = (address(), key(9));
    let (seal_by, reveal_window, reveal_by) = (SEAL_BY, 20, SEAL_BY + 20);
    Round {
        version: 1,
        bump: 0,
        phase,
        replicas: 3,
        quorum: 2,
        sealed,
        revealed,
        silent: 0,
        job,
        payer,
        seal_by,
        reveal_window,
        reveal_by,
        shown: None,
    }
}

pub(crate) fn seat(index: u8, operator: Pubkey, state: SeatState) -> Seat {
    Seat {
        version: 1,
        bump: 0,
        index,
        state,
        job: address(),
        operator,
        payer: operator,
        device: key(7),
        seal_by: 1_070,
        commitment: [0; 32],
        progress: 0,
        heartbeat_at: 0,
    }
}

/// A market of one operator with all the weight there is: sortition takes it.
pub(crate) fn snapshot(job: Option<Job>, round: Option<Round>, seats: Vec<Seat>) -> Snapshot {
    let classes = [ClassParams { seconds: 10, stake: 100 }; 5];
    let escrow = EscrowParams {
        fee_bps: 0,
        bond_bps: 0,
        wrong_bps: 0,
        classes,
        seal_factor: 7,
        reveal_factor: 2,
        spread: 2,
        widen_seconds: 10,
        max_job_seconds: 1_000,
        worker_floor_bps: 0,
        review_min_seconds: 1,
        review_max_seconds: 1,
        cancel_floor_bps: 0,
        bounty_lamports: 0,
        royalty_grace_seconds: 1,
    };
    let staking = StakingParams { unbonding: 1, epoch_seconds: 100, weight_cap: 1_000, ..StakingParams::default() };
    let weight = Weight { epoch: 1, now: 100, last: 0 };
    let pool = Pool {
        version: 1,
        operator: me(),
        active: 100,
        active_shares: 100,
        locked: 70,
        weight,
        counted: 100,
        ..Pool::default()
    };
    let record = Record {
        version: 1,
        bump: 0,
        operator: me(),
        class: 0,
        good: 0,
        bad: 0,
        updated_at: 0,
        consecutive_valid: 0,
        valid: 0,
        wrong: 0,
        silent: 0,
        avg_value: 0,
        partners: [0; 8],
    };
    let capabilities = Capabilities { engines: 1, cores: 2, memory_mib: 64, ..Capabilities::default() };
    let device = Device {
        version: 1,
        bump: 0,
        operator: me(),
        index: 0,
        capabilities,
        slots: 2,
        busy: 1,
        available: true,
        verified: false,
        price_floor: 0,
    };
    Snapshot {
        now: NOW,
        slot: 101,
        escrow: escrow::Config {
            version: 1,
            bump: 0,
            authority: key(0),
            pending: Pubkey::default(),
            guardian: Pubkey::default(),
            paused: false,
            params: escrow,
        },
        staking: staking::Config { version: 1, params: staking, ..staking::Config::default() },
        verification: verification::Config {
            version: 1,
            bump: 0,
            authority: key(0),
            pending: Pubkey::default(),
            guardian: Pubkey::default(),
            paused: false,
            genesis: [0; 32],
            params: VerificationParams {
                jury: 3,
                challenge_bond: 10,
                juror_bond: 20,
                canary_seconds: 0,
                canary_keeper: Pubkey::default(),
                class_values: [1; 5],
            },
        },
        totals: Totals { version: 1, bump: 0, weight, ..Totals::default() },
        jobs: job.into_iter().map(|job| (address(), job)).collect::<BTreeMap<_, _>>(),
        seats: HashMap::from([(address(), seats)]),
        rounds: round.into_iter().map(|round| (address(), round)).collect(),
        cases: BTreeMap::new(),
        ballots: HashMap::new(),
        bids: HashMap::new(),
        facts: HashMap::new(),
        me: Me { operator: me(), pool, device, records: HashMap::from([(0, record)]) },
    }
}

fn actions(snapshot: &Snapshot) -> Vec<Action> {
    actions_under(snapshot, &Policy::default())
}

fn actions_under(snapshot: &Snapshot, policy: &Policy) -> Vec<Action> {
    let of_job = |(at, action)| {
        assert_eq!(at, address());
        action
    };
    plan(snapshot, policy).into_iter().map(of_job).collect()
}

fn fresh() -> Round {
    round(Phase::Sealing, 0, 0)
}

#[test]
fn a_posting_is_named_by_address_time_and_spec() {
    let first = posting(&address(), &job());
    assert_eq!(first, posting(&address(), &Job { state: JobState::Verified, seats: 7, seed: [8; 32], ..job() }));
    assert_ne!(first, posting(&address(), &Job { posted_at: 901, ..job() }));
    assert_ne!(first, posting(&address(), &Job { spec_hash: [1; 32], ..job() }));
    assert_ne!(first, posting(&key(51), &job()));
    // Drawn units are others with another seed.
    let drawn = |seed| question::sample(&address(), &Job { seed: [seed; 32], ..job() });
    assert!(drawn(7) != drawn(8) && drawn(7) != first);
}
