//! Jobs without a round: optimistic, accepted, proven and attested ones.

use super::*;

fn of(strategy: Strategy) -> Job {
    Job { replicas: 1, strategy, ..job() }
}

fn optimistic() -> Job {
    of(Strategy::Optimistic { window: 60 })
}

/// Seat 0 is taken by `operator`.
fn taken(job: Job, operator: Pubkey, state: SeatState) -> Snapshot {
    snapshot(Some(Job { state: JobState::Seated, seats: 1, ..job }), None, vec![seat(0, operator, state)])
}

#[test]
fn seeds_are_drawn_and_seats_claimed_without_a_round() {
    for strategy in [Strategy::Optimistic { window: 60 }, Strategy::Accepted { window: 60 }] {
        let unseeded = Job { seeded_at: 0, seed: [0; 32], ..of(strategy) };
        assert_eq!(actions(&snapshot(Some(unseeded), None, vec![])), [Action::Draw { checked: None }]);
        assert_eq!(actions(&snapshot(Some(of(strategy)), None, vec![])), [Action::Claim]);
    }
}

#[test]
fn what_must_be_shown_is_claimed_by_who_can_show_it() {
    let proven = || snapshot(Some(of(Strategy::Proven { key: key(3) })), None, vec![]);
    let attested = |threshold| snapshot(Some(of(Strategy::Attested { registrar: key(3), threshold })), None, vec![]);
    assert_eq!((actions(&proven()), actions(&attested(1))), (vec![], vec![]));
    let able = Policy { prover: true, attestor: true, ..Policy::default() };
    assert_eq!(actions_under(&proven(), &able), [Action::Claim]);
    assert_eq!(actions_under(&attested(1), &able), [Action::Claim]);
    assert_eq!(actions_under(&attested(2), &able), []);
}

#[test]
fn my_seat_computes_until_it_delivers() {
    for strategy in [Strategy::Optimistic { window: 60 }, Strategy::Accepted { window: 60 }] {
        let mut market = taken(of(strategy), me(), SeatState::Claimed);
        assert_eq!(actions(&market), [Action::Compute]);
        market.now = 1_071;
        assert_eq!(actions(&market), [Action::Expire { operator: me() }]);
        assert_eq!(actions(&taken(of(strategy), me(), SeatState::Delivered)), []);
        assert_eq!(actions(&taken(of(strategy), key(2), SeatState::Claimed)), []);
    }
    assert_eq!(actions(&taken(of(Strategy::Proven { key: key(3) }), me(), SeatState::Claimed)), [Action::Compute]);
}

#[test]
fn what_nobody_challenged_is_released() {
    for (operator, own) in [(me(), true), (key(2), false)] {
        let mut market = taken(optimistic(), operator, SeatState::Delivered);
        market.now = 1_070;
        assert_eq!(actions(&market), [], "the last moment of the review");
        market.now = 1_071;
        let release = Action::Release { operator };
        assert_eq!(actions(&market), std::slice::from_ref(&release));
        assert!(release.is_own(&me()) == own && !release.is_due());
        market.jobs.get_mut(&address()).unwrap().cases = 1;
        assert_eq!(actions(&market), [], "a case is open");
    }
}

#[test]
fn a_watcher_looks_at_what_others_deliver_to_nobody_in_particular() {
    let watcher = Policy { watch: 1.0, ..Policy::default() };
    let watched = taken(optimistic(), key(2), SeatState::Delivered);
    let watch = Action::Watch { operator: key(2) };
    assert_eq!(actions_under(&watched, &watcher), std::slice::from_ref(&watch));
    assert!(!watch.is_own(&me()) && !watch.is_due());
    assert_eq!(actions(&watched), [], "the operator does not want it");
    assert_eq!(actions_under(&watched, &Policy { lies: true, ..watcher.clone() }), []);
    assert_eq!(actions_under(&taken(optimistic(), me(), SeatState::Delivered), &watcher), [], "my own");
    assert_eq!(actions_under(&taken(optimistic(), key(2), SeatState::Claimed), &watcher), [], "nothing to see yet");
    let accepted = taken(of(Strategy::Accepted { window: 60 }), key(2), SeatState::Delivered);
    assert_eq!(actions_under(&accepted, &watcher), [], "its requester looks at it");
}

#[test]
fn a_judged_delivery_is_settled_or_slashed() {
    let mut market = taken(optimistic(), key(2), SeatState::Delivered);
    let job = market.jobs.get_mut(&address()).unwrap();
    (job.state, job.winners, job.ended_at) = (JobState::Verified, 1, NOW);
    assert_eq!(actions(&market), [Action::Settle { operator: key(2) }]);
    let job = market.jobs.get_mut(&address()).unwrap();
    (job.state, job.winners, job.losers) = (JobState::Unresolved, 0, 1);
    assert_eq!(actions(&market), [Action::Slash { operator: key(2) }]);
    market.jobs.get_mut(&address()).unwrap().losers = 0;
    assert_eq!(actions(&market), [Action::Settle { operator: key(2) }]);
}
