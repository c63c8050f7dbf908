//! Seeds, seats, seals and reveals.

use assay_sdk::staking::sortition;

use super::*;

#[test]
fn a_seed_is_drawn_once_its_slot_has_passed_and_a_round_is_open() {
    let unseeded = || Job { seeded_at: 0, seed: [0; 32], ..job() };
    let mut market = snapshot(Some(unseeded()), Some(fresh()), vec![]);
    assert_eq!(actions(&market), [Action::Draw { checked: None }]);
    market.slot = 100;
    assert_eq!(actions(&market), []);
    market.slot = 101;
    market.now = SEAL_BY;
    assert_eq!(actions(&market), [Action::Draw { checked: None }]);
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

/// Of an ordinary job six pools in a hundred are taken at first, of a committee one for each of its seats.
#[test]
fn a_committee_is_drawn_narrowly() {
    let sampled = Strategy::Sampled { samples: 4, committee: 3 };
    // Half of 100 by reputation, of what stands before k.
    let takes = |k: u64, job: &Job| {
        let pool = assay_sdk::addresses::pool(&me());
        sortition::eligible(sortition::draw(&job.seed, sortition::ROLE_SEAT, &address(), &pool), k, 50, 1_000)
    };
    let with = |seed: u8, job: Job| Job { seed: [seed; 32], ..job };
    let committee = || Job { strategy: sampled, replicas: 4, ..job() };
    // A seed that takes this operator as one of 8, and not as one of 3.
    let seed = (0..=255).find(|seed| takes(8, &with(*seed, job())) && !takes(3, &with(*seed, job()))).unwrap();
    let may = |job: Job| may(|market, of| (*of = job, market.totals.weight.now = 1_000).1);
    assert!(!may(with(seed, committee())));
    assert!(may(with(seed, Job { replicas: 4, ..job() })));
    let waited = with(seed, Job { seeded_at: NOW - 20, ..committee() });
    assert!(may(waited), "it widens twice: 12");
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
    let revealed = || Round { reveal_by: NOW + 20, ..round(Phase::Revealing, 3, 3) };
    assert_eq!(at(NOW, revealed(), SeatState::Revealed), [count()]);
    assert_eq!(at(NOW, round(Phase::Final, 3, 3), SeatState::Revealed), [], "counted; the job lags behind");
}

#[test]
fn a_count_waits_for_a_canarys_answer() {
    let full = Job { seats: 0b111, state: JobState::Seated, ..job() };
    let seats = (0..).zip([me(), key(2), key(3)]).map(|(at, who)| seat(at, who, SeatState::Revealed)).collect();
    let mut market = snapshot(Some(full), Some(Round { reveal_by: NOW + 20, ..round(Phase::Revealing, 3, 3) }), seats);
    market.verification.params.canary_seconds = 5;
    market.now = NOW + 4;
    assert_eq!(actions(&market), []);
    market.now = NOW + 5;
    assert_eq!(actions(&market), [Action::Finalize { operators: vec![me(), key(2), key(3)] }]);
}

#[test]
fn a_widened_round_is_drawn_anew_and_whoever_withheld_has_lost() {
    let strategy = Strategy::Replicated { replicas: 3, quorum: 2, most: 5, adaptive: false };
    let widened = || Job { replicas: 5, strategy, seats: 0b111, seeded_at: 0, seed_slot: 100, ..job() };
    let seats =
        |state| vec![seat(0, key(2), SeatState::Revealed), seat(1, me(), state), seat(2, key(3), SeatState::Revealed)];
    let round = || Round { replicas: 5, quorum: 3, ..round(Phase::Sealing, 3, 2) };
    let market = snapshot(Some(widened()), Some(round()), seats(SeatState::Revealed));
    assert_eq!(actions(&market), [Action::Draw { checked: None }]);
    let seeded = Job { seeded_at: NOW, ..widened() };
    let stranger = vec![seat(0, key(2), SeatState::Revealed), seat(1, key(4), SeatState::Revealed)];
    assert_eq!(actions(&snapshot(Some(seeded.clone()), Some(round()), stranger)), [Action::Claim]);
    let full = Job { state: JobState::Seated, seats: 0b11111, ..seeded };
    let revealing = |silent| Round { phase: Phase::Revealing, sealed: 5, silent, ..round() };
    let sealed = |silent| actions(&snapshot(Some(full.clone()), Some(revealing(silent)), seats(SeatState::Sealed)));
    assert_eq!(sealed(0), [Action::Reveal]);
    assert_eq!(sealed(0b10), []);
}

#[test]
fn a_trusted_operators_seal_waits_for_the_draw() {
    let strategy = Strategy::Replicated { replicas: 2, quorum: 2, most: 2, adaptive: true };
    let job = Job { replicas: 1, strategy, seats: 1, state: JobState::Seated, seeded_at: 0, ..job() };
    let checking = Round { replicas: 1, quorum: Round::quorum_for(&job), ..round(Phase::Checking, 1, 0) };
    for operator in [me(), key(2)] {
        let market = snapshot(Some(job.clone()), Some(checking.clone()), vec![seat(0, operator, SeatState::Sealed)]);
        assert_eq!(actions(&market), [Action::Draw { checked: Some(operator) }]);
    }
}

#[test]
fn a_sampled_jobs_executor_and_verifiers_compute_seal_and_reveal() {
    let strategy = Strategy::Sampled { samples: 2, committee: 2 };
    let drawn = || Job { replicas: 3, strategy, seats: 0b111, state: JobState::Seated, ..job() };
    for mine in [0, 1] {
        let seats = |state| (0..3).map(|at| seat(at, if at == mine { me() } else { key(20 + at) }, state)).collect();
        let at = |phase, sealed, state| {
            let round = Round { quorum: Round::quorum_for(&drawn()), ..round(phase, sealed, 0) };
            actions(&snapshot(Some(drawn()), Some(round), seats(state)))
        };
        assert_eq!(at(Phase::Sealing, 0, SeatState::Claimed), [Action::Compute]);
        assert_eq!(at(Phase::Sealing, 2, SeatState::Sealed), []);
        assert_eq!(at(Phase::Revealing, 3, SeatState::Sealed), [Action::Reveal]);
    }
}
