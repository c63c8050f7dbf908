//! Every decision of a node, on snapshots built by hand.

use std::collections::{BTreeMap, HashMap};

use assay_sdk::{
    escrow::{
        self, Assignment, Capabilities, ClassParams, Device, EscrowParams, Job, JobState, Requirements, Seat,
        SeatState, Strategy,
    },
    reputation::Record,
    staking::{self, Pool, StakingParams, Totals, Weight},
    verification::{Phase, Round},
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
        assignment: Assignment::Sortition,
        replicas: 3,
        doubted: false,
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
        accuser: Pubkey::default(),
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
        known: false,
        job,
        payer,
        seal_by,
        reveal_window,
        reveal_by,
    }
}

fn seat(index: u8, operator: Pubkey, state: SeatState) -> Seat {
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
        totals: Totals { version: 1, bump: 0, weight, ..Totals::default() },
        jobs: job.into_iter().map(|job| (address(), job)).collect::<BTreeMap<_, _>>(),
        seats: HashMap::from([(address(), seats)]),
        rounds: round.into_iter().map(|round| (address(), round)).collect(),
        me: Me { operator: me(), pool, device, records: HashMap::from([(0, record)]) },
    }
}

fn actions(snapshot: &Snapshot) -> Vec<Action> {
    let of_job = |(at, action)| {
        assert_eq!(at, address());
        action
    };
    plan(snapshot).into_iter().map(of_job).collect()
}

fn fresh() -> Round {
    round(Phase::Sealing, 0, 0)
}

#[test]
fn a_seed_is_drawn_once_its_slot_has_passed_and_a_round_is_open() {
    let unseeded = || Job { seeded_at: 0, seed: [0; 32], ..job() };
    let mut market = snapshot(Some(unseeded()), Some(fresh()), vec![]);
    assert_eq!(actions(&market), [Action::Draw]);
    market.slot = 100;
    assert_eq!(actions(&market), []);
    market.slot = 101;
    market.now = SEAL_BY;
    assert_eq!(actions(&market), [Action::Draw]);
    market.now = SEAL_BY + 1;
    assert_eq!(actions(&market), [Action::ExpireJob]);
    assert_eq!(actions(&snapshot(Some(unseeded()), None, vec![])), []);
}

#[test]
fn a_round_of_an_earlier_job_is_cleared_away_and_nothing_else_is_tried() {
    let unseeded = || Job { seeded_at: 0, seed: [0; 32], ..job() };
    let close = Action::CloseRound { payer: key(9) };
    let other_terms = [
        Round { replicas: 5, ..fresh() },
        Round { seal_by: SEAL_BY - 1, ..fresh() },
        Round { reveal_window: 21, ..fresh() },
        // Same terms, but it has judged already.
        round(Phase::Final, 3, 3),
    ];
    for stale in other_terms {
        let market = snapshot(Some(unseeded()), Some(stale), vec![]);
        assert_eq!(actions(&market), std::slice::from_ref(&close));
    }
    let stale = || Some(Round { replicas: 5, ..fresh() });
    assert_eq!(actions(&snapshot(Some(job()), stale(), vec![])), std::slice::from_ref(&close), "no claim");
    let mut late = snapshot(Some(unseeded()), stale(), vec![]);
    late.now = SEAL_BY + 1;
    assert_eq!(actions(&late), [Action::ExpireJob, close.clone()]);
    assert_eq!(actions(&snapshot(None, Some(fresh()), vec![])), [close], "its job is closed");
}

#[test]
fn an_eligible_operator_claims() {
    assert_eq!(actions(&snapshot(Some(job()), Some(fresh()), vec![])), [Action::Claim]);
    let others = vec![seat(0, key(2), SeatState::Sealed)];
    let market = snapshot(Some(Job { seats: 0b1, ..job() }), Some(round(Phase::Sealing, 1, 0)), others);
    assert_eq!(actions(&market), [Action::Claim]);
    assert_eq!(actions(&snapshot(Some(job()), None, vec![])), [], "no round to seal in");
}

/// Whether `change` leaves the operator's claim possible.
fn may(change: impl FnOnce(&mut Snapshot, &mut Job)) -> bool {
    let (mut market, mut job) = (snapshot(None, None, vec![]), job());
    change(&mut market, &mut job);
    market.may_claim(&address(), &job)
}

#[test]
fn a_claim_is_made_only_where_the_program_would_take_it() {
    assert!(may(|_, _| ()));
    assert!(!may(|_, job| job.state = JobState::Seated), "full");
    assert!(!may(|_, job| job.seeded_at = 0), "not drawn");
    assert!(!may(|_, job| job.requester = me()), "own job");
    assert!(!may(|_, job| job.class = 1), "no record of this class");
    assert!(!may(|_, job| job.class = 5), "no such class");
    assert!(!may(|market, _| market.me.pool.active = 99), "less than the class stake");
    assert!(!may(|market, _| market.me.pool.locked = 71), "29 free, 30 at stake");
    assert!(!may(|_, job| job.requirements.cores = 3), "too few cores");
    assert!(!may(|_, job| job.requirements.memory_mib = 65), "too little memory");
    assert!(!may(|_, job| job.requirements.engine = 1), "another engine");
    assert!(may(|market, _| market.now = SEAL_BY - 70), "one seal window left");
    assert!(!may(|market, _| market.now = SEAL_BY - 69), "too late to seal");
}

#[test]
fn sortition_decides_by_weight_reputation_and_time() {
    assert!(!may(|market, _| market.me.pool.weight.now = 0), "no weight");
    assert!(!may(|market, _| market.totals.weight.now = 0), "no totals");
    let new = Weight { epoch: 10, now: 100, last: 0 };
    assert!(!may(|market, _| market.me.pool.weight = new), "stake of this epoch weighs from the next one on");
    // Half of 100 by reputation, times k = 6, of a million: one chance in 3,333.
    let many = |market: &mut Snapshot| market.totals.weight.now = 1_000_000;
    assert!(!may(|market, _| many(market)), "not drawn by this seed");
    // k doubles every 10 s: from 12 doublings on 6 * 4096 * 50 is above a million, and everyone may.
    let waited = |seconds| may(move |market, job| (many(market), job.seeded_at = NOW - seconds).1);
    assert!(!waited(0));
    assert!(waited(150));
}

#[test]
fn my_seat_computes_while_it_may_seal() {
    let seated = || Some(Job { seats: 0b1, ..job() });
    let mine = || vec![seat(0, me(), SeatState::Claimed)];
    let mut market = snapshot(seated(), Some(fresh()), mine());
    assert_eq!(actions(&market), [Action::Compute]);
    market.now = 1_070;
    assert_eq!(actions(&market), [Action::Compute]);
    market.now = 1_071;
    assert_eq!(actions(&market), [Action::Expire { operator: me() }], "a ghost, even if it is me");
    market.now = SEAL_BY + 1;
    let count = Action::Finalize { operators: vec![me()] };
    assert_eq!(actions(&market), [count, Action::Expire { operator: me() }]);
}

#[test]
fn my_seal_is_revealed_when_the_round_says_so() {
    let full = || Some(Job { seats: 0b111, state: JobState::Seated, ..job() });
    let seats = |mine| vec![seat(0, key(2), mine), seat(1, me(), mine), seat(2, key(3), mine)];
    let at = |now, round, state| {
        let mut market = snapshot(full(), Some(round), seats(state));
        market.now = now;
        actions(&market)
    };
    let count = || Action::Finalize { operators: vec![key(2), me(), key(3)] };
    assert_eq!(at(NOW, round(Phase::Sealing, 2, 0), SeatState::Sealed), [], "others may still seal");
    assert_eq!(at(NOW, round(Phase::Revealing, 3, 0), SeatState::Sealed), [Action::Reveal]);
    assert_eq!(at(SEAL_BY + 1, round(Phase::Sealing, 2, 0), SeatState::Sealed), [Action::Reveal], "sealing is over");
    assert_eq!(at(SEAL_BY + 20, round(Phase::Revealing, 3, 0), SeatState::Sealed), [Action::Reveal]);
    assert_eq!(at(SEAL_BY + 21, round(Phase::Revealing, 3, 0), SeatState::Sealed), [count()], "too late");
    assert_eq!(at(SEAL_BY + 1, round(Phase::Sealing, 1, 0), SeatState::Sealed), [count()], "too few seals");
    assert_eq!(at(NOW, round(Phase::Revealing, 3, 2), SeatState::Revealed), [], "one may still reveal");
    assert_eq!(at(NOW, round(Phase::Revealing, 3, 3), SeatState::Revealed), [count()]);
    assert_eq!(at(NOW, round(Phase::Final, 3, 3), SeatState::Revealed), [], "counted; the job lags behind");
}

#[test]
fn a_verdict_pays_winners_slashes_losers_and_expires_ghosts() {
    let seats = || {
        vec![
            seat(0, key(2), SeatState::Revealed),
            seat(1, me(), SeatState::Revealed),
            seat(2, key(3), SeatState::Sealed),
            seat(3, key(4), SeatState::Claimed),
        ]
    };
    let verified = Job {
        state: JobState::Verified,
        replicas: 4,
        strategy: Strategy::plain(4, 3),
        seats: 0b1111,
        winners: 0b11,
        losers: 0b100,
        ..job()
    };
    let mut market = snapshot(Some(verified), Some(round(Phase::Final, 3, 2)), seats());
    let settle = |operator| Action::Settle { operator };
    let mut expected = vec![settle(key(2)), settle(me()), Action::Slash { operator: key(3) }];
    assert_eq!(actions(&market), expected);
    market.now = 1_071;
    expected.push(Action::Expire { operator: key(4) });
    assert_eq!(actions(&market), expected);
    assert!(settle(me()).is_own(&me()) && !settle(key(2)).is_own(&me()));

    let void = Job { state: JobState::Unresolved, seats: 0b111, losers: 0b100, ..job() };
    let market = snapshot(Some(void), Some(round(Phase::Final, 3, 2)), seats()[..3].to_vec());
    assert_eq!(actions(&market), [settle(key(2)), settle(me()), Action::Slash { operator: key(3) }]);
}

#[test]
fn an_ended_job_is_closed_with_its_round() {
    for state in [JobState::Settled, JobState::Unresolved, JobState::Cancelled, JobState::Expired] {
        let ended = || Some(Job { state, ..job() });
        let with = snapshot(ended(), Some(round(Phase::Final, 3, 3)), vec![]);
        assert_eq!(actions(&with), [Action::Close { round: Some(key(9)) }]);
        assert_eq!(actions(&snapshot(ended(), None, vec![])), [Action::Close { round: None }]);
    }
    let seats = vec![seat(0, key(2), SeatState::Claimed)];
    let ghost = Job { state: JobState::Unresolved, seats: 0b1, ..job() };
    assert_eq!(actions(&snapshot(Some(ghost), None, seats)), [], "a seat is left");
}

#[test]
fn a_posting_is_named_by_address_and_seed() {
    let first = posting(&address(), &job());
    assert_eq!(first, posting(&address(), &Job { state: JobState::Verified, seats: 7, ..job() }));
    assert_ne!(first, posting(&address(), &Job { seed: [8; 32], ..job() }));
    assert_ne!(first, posting(&key(51), &job()));
}
