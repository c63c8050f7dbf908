//! Verdicts carried out, and jobs closed.

use assay_sdk::escrow::Leg;

use super::*;

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
fn what_is_due_to_payees_is_paid_before_a_job_is_closed() {
    let leg = |due| Leg { to: key(5), bps: 100, due };
    let with = |state, legs| snapshot(Some(Job { state, legs, ..job() }), None, vec![]);
    let due = with(JobState::Settled, vec![leg(3), leg(0), leg(4)]);
    assert_eq!(actions(&due), [Action::PayRoyalty { leg: 0 }, Action::PayRoyalty { leg: 2 }]);
    assert_eq!(actions(&with(JobState::Settled, vec![leg(0)])), [Action::Close { round: None }]);
    let live = with(JobState::Open, vec![leg(3)]);
    assert!(!actions(&live).contains(&Action::PayRoyalty { leg: 0 }), "a payee may fetch what is due while it goes on");
}

#[test]
fn a_node_is_idle_once_it_holds_no_seat_and_no_chair() {
    let seats = || vec![seat(0, me(), SeatState::Claimed), seat(1, key(2), SeatState::Claimed)];
    assert!(!snapshot(Some(job()), None, seats()).is_idle());
    let others = snapshot(Some(job()), None, seats().split_off(1));
    assert!(others.is_idle());
    assert!(Action::Claim.is_new() && Action::Watch { operator: me() }.is_new());
    assert!(!Action::Reveal.is_new() && !Action::Compute.is_new());
}
