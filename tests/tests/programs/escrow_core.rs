//! Jobs that a requester reviews, takes back or tops up: who could lose what, and that nobody does.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    World,
    assay_sdk::{
        addresses,
        escrow::{EscrowError, Job, JobState, JobTerms, SeatState, Strategy},
        ix,
        verification::VerificationError,
    },
    market::*,
    world::*,
};

const DIGEST: [u8; 32] = [5; 32];

/// A job for one seat, reviewed by alice, in milestones of so many bps.
fn reviewed(nonce: u64, milestones: &[u16]) -> JobTerms {
    let strategy = Strategy::Accepted { window: REVIEW };
    JobTerms { strategy, milestones: milestones.to_vec(), ..terms(nonce) }
}

/// A drawn job that alice reviews, of which operator 0 has the seat.
fn seated(milestones: &[u16]) -> (World, Pubkey, Pubkey) {
    let mut w = World::with_operators(3);
    let (alice, a) = (w.alice, w.operators[0]);
    let job = w.post_only(&alice, reviewed(1, milestones));
    w.tick(0, 2);
    w.ok(&[ix::verification::draw_roundless(&job)]);
    // One seat: the threshold reaches every pool when it has widened.
    w.tick(30, 0);
    w.claim(&job, &a);
    (w, job, a)
}

fn release(
    w: &World,
    by: &Pubkey,
    job: &Pubkey,
    operator: &Pubkey,
) -> anchor_lang::solana_program::instruction::Instruction {
    ix::escrow::release_milestone(by, job, &w.job(job), operator)
}

fn clear(w: &mut World, job: &Pubkey) {
    w.refund(job);
    w.close(job);
    for address in [*job, addresses::job_vault(job)] {
        assert_eq!(w.chain.account(&address), None);
    }
}

/// Accepted: delivered, reviewed, settled; to the base unit.
#[test]
fn a_delivery_is_accepted_and_paid() {
    let (mut w, job, a) = seated(&[]);
    let (alice, had) = (w.alice, w.usd_of(&a));
    w.ok(&[ix::escrow::heartbeat(&a, &job, 32)]);
    let review_by = w.now + i64::from(REVIEW);
    w.ok(&[ix::escrow::deliver(&a, &job, DIGEST)]);
    assert_eq!((w.seat(&job, &a).state, w.seat(&job, &a).seal_by), (SeatState::Delivered, review_by));
    w.ok(&[release(&w, &alice, &job, &a)]);
    assert_eq!((w.job(&job).state, w.job(&job).root), (JobState::Verified, DIGEST));
    w.settle(&job, &a);
    assert_eq!(w.usd_of(&a) - had, SEAT_PRICE - FEE);
    assert_eq!((w.pool(&a).locked, w.device(&a, 0).busy), (0, 0));
    clear(&mut w, &job);
    assert_eq!(w.usd_of(&alice), FUNDS - SEAT_PRICE);
}

/// `requester_withdraws_before_delivery`: not once there is something to take; and silence pays. `deadline_minus_1_s`.
#[test]
fn requester_withdraws_before_delivery() {
    let (mut w, job, a) = seated(&[]);
    let (alice, mallory) = (w.alice, w.mallory);
    w.refused(&[release(&w, &mallory, &job, &a)], EscrowError::NotRequester);
    w.ok(&[ix::escrow::deliver(&a, &job, DIGEST)]);
    w.refused(&[ix::escrow::cancel_job_under(&alice, &job, &[a])], EscrowError::SeatAtWork);
    w.refused(&[ix::escrow::deliver(&a, &job, [6; 32])], EscrowError::WrongSeatState);
    w.refused(&[ix::escrow::refund(&job, &w.job(&job))], EscrowError::WrongState);
    w.tick(i64::from(REVIEW), 0);
    w.refused(&[release(&w, &mallory, &job, &a)], EscrowError::TooEarly);
    w.refused(&[w.expire_seat_ix(&job, &a)], EscrowError::WrongSeatState);
    w.tick(1, 0);
    w.ok(&[release(&w, &mallory, &job, &a)]);
    w.refused(&[ix::escrow::cancel_job_under(&alice, &job, &[a])], EscrowError::WrongState);
    w.refund(&job);
    w.settle(&job, &a);
    assert_eq!(w.usd_of(&alice), FUNDS - SEAT_PRICE);
}

/// `milestone_double_release`: each is paid once, the parts add up to the price, and the last is paid by `settle` alone.
#[test]
fn milestone_double_release() {
    let (mut w, job, a) = seated(&[3_333, 3_333, 3_334]);
    let (alice, had) = (w.alice, w.usd_of(&a));
    let mut paid = Vec::new();
    for milestone in 0..3_u8 {
        w.ok(&[ix::escrow::deliver(&a, &job, DIGEST)]);
        let receipt = w.ok(&[release(&w, &alice, &job, &a)]);
        let event = receipt.event("MilestoneReleased");
        paid.push(event.u64("paid") + event.u64("fee"));
        if milestone < 2 {
            assert_eq!((w.job(&job).released, w.job(&job).state), (milestone + 1, JobState::Seated));
            let mut again = w.clone();
            again.tick(i64::from(REVIEW) + 1, 0);
            again.refused(&[release(&w, &w.mallory, &job, &a)], EscrowError::NotRequester);
        }
    }
    assert_eq!(paid, [333_310, 333_311, 0]);
    w.refused(&[release(&w, &alice, &job, &a)], EscrowError::WrongState);
    let settled = w.settle(&job, &a);
    let last = settled.event("SeatSettled").u64("paid") + settled.event("SeatSettled").u64("fee");
    assert_eq!(last, SEAT_PRICE - 333_310 - 333_311);
    w.refused(&[ix::escrow::settle(&job, &w.job(&job), &a)], 3012_u32);
    assert!(w.usd_of(&a) - had >= SEAT_PRICE - FEE && w.usd_of(&a) - had <= SEAT_PRICE - FEE + 2);
    clear(&mut w, &job);
    assert_eq!(w.usd_of(&alice), FUNDS - SEAT_PRICE);
}

/// `ghost_provider`: whoever does not deliver loses its bond, and the milestones left are another's.
#[test]
fn ghost_provider() {
    let (mut w, job, a) = seated(&[5_000, 5_000]);
    let (alice, b) = (w.alice, w.operators[1]);
    w.ok(&[ix::escrow::deliver(&a, &job, DIGEST)]);
    w.ok(&[release(&w, &alice, &job, &a)]);
    w.tick(SEAL, 0);
    w.refused(&[w.expire_seat_ix(&job, &a)], EscrowError::TooEarly);
    w.tick(1, 0);
    w.refused(&[ix::escrow::deliver(&a, &job, DIGEST)], EscrowError::TooLate);
    let stake = w.pool(&a).active;
    w.expire_seat(&job, &a);
    assert_eq!((stake - w.pool(&a).active, w.pool(&a).locked), (BOND, 0));
    assert_eq!((w.job(&job).state, w.job(&job).released), (JobState::Open, 1));
    let had = w.usd_of(&b);
    w.claim(&job, &b);
    w.ok(&[ix::escrow::deliver(&b, &job, DIGEST)]);
    w.ok(&[release(&w, &alice, &job, &b)]);
    w.settle(&job, &b);
    assert_eq!(w.usd_of(&b) - had, SEAT_PRICE / 2 - FEE / 2);
    clear(&mut w, &job);
    assert_eq!(w.usd_of(&alice), FUNDS - SEAT_PRICE);
}

/// `griefing_requester`: who cancels under a seat pays for its time, at least the floor; bonds come back.
#[test]
fn griefing_requester() {
    let mut w = World::with_operators(3);
    let alice = w.alice;
    let [a, b, late] = [w.operators[0], w.operators[1], w.operators[2]];
    let job = w.open(&alice, 1);
    w.claim(&job, &late);
    w.tick(36, 0);
    w.claim(&job, &a);
    w.tick(35, 0);
    w.claim(&job, &b);
    let cancel = |operators: &[Pubkey]| ix::escrow::cancel_job_under(&alice, &job, operators);
    // Exactly the seats that are taken: none left out, none twice, no other's.
    w.refused(&[cancel(&[])], EscrowError::WrongSeats);
    w.refused(&[cancel(&[a, b])], EscrowError::WrongSeats);
    w.refused(&[cancel(&[a, b, b])], EscrowError::WrongSeats);
    w.ok(&[cancel(&[a, b, late])]);
    // The ghost is one still, and who was at work is none, however much time passes.
    w.refused(&[ix::escrow::settle(&job, &w.job(&job), &late)], EscrowError::WrongSeatState);
    let seal = w.seal_ix(&job, &a, &honest());
    w.ok(&[seal]);
    w.refund(&job);
    w.tick(1_000, 0);
    w.refused(&[w.expire_seat_ix(&job, &b)], EscrowError::TooEarly);
    w.expire_seat(&job, &late);
    let had = [w.usd_of(&a), w.usd_of(&b)];
    w.settle(&job, &a);
    w.settle(&job, &b);
    // 35 of 70 seconds, and the floor of 10 %; less 2.5 %.
    let (half, floor) = (SEAT_PRICE / 2, SEAT_PRICE / 10);
    assert_eq!(w.usd_of(&a) - had[0], half - half * 250 / 10_000);
    assert_eq!(w.usd_of(&b) - had[1], floor - floor * 250 / 10_000);
    w.close_round(&job).expect("no round judges a cancelled job");
    clear(&mut w, &job);
    assert_eq!(w.usd_of(&alice), FUNDS - half - floor);
    assert_eq!([a, b, late].map(|who| (w.pool(&who).locked, w.device(&who, 0).busy)), [(0, 0); 3]);
}

/// Sealed work cannot be cancelled away.
#[test]
fn a_sealed_job_is_not_cancelled() {
    let mut w = World::with_operators(3);
    let (alice, a, b) = (w.alice, w.operators[0], w.operators[1]);
    let job = w.open(&alice, 1);
    w.claim(&job, &a);
    w.claim(&job, &b);
    w.seal(&job, &a, &honest());
    w.refused(&[ix::escrow::cancel_job_under(&alice, &job, &[a, b])], EscrowError::SeatAtWork);
}

/// A claim on its way takes no seat of the next job at the address.
#[test]
fn replay_across_jobs_of_a_claim() {
    let mut w = World::with_operators(1);
    let (alice, a) = (w.alice, w.operators[0]);
    let job = w.open(&alice, 1);
    let claim = w.claim_ix(&job, &a, 0);
    w.ok(&[ix::escrow::cancel_job(&alice, &job)]);
    clear(&mut w, &job);
    w.close_round(&job).expect("its job is gone");
    let again = w.open(&alice, 1);
    assert_eq!(again, job);
    w.refused(&[claim], EscrowError::OtherPosting);
    w.claim(&job, &a);
}

/// No round judges an accepted job: none can be opened, and one that is left of an earlier posting changes nothing.
#[test]
fn an_accepted_job_has_no_round() {
    let mut w = World::with_operators(1);
    let (alice, a) = (w.alice, w.operators[0]);
    let job = w.post(&alice, terms(1));
    w.ok(&[ix::escrow::cancel_job(&alice, &job)]);
    clear(&mut w, &job);
    w.post_only(&alice, reviewed(1, &[]));
    w.tick(0, 2);
    w.ok(&[ix::verification::draw_roundless(&job)]);
    w.claim(&job, &a);
    // The old round takes a seal; the seat counts as working all the same, and the round can never judge.
    let seal = w.seal_ix(&job, &a, &honest());
    w.ok(&[seal]);
    let mut ghost = w.clone();
    ghost.at(ghost.job(&job).seal_by + 1);
    let finalize = ghost.finalize_ix(&job);
    ghost.refused(&[finalize], VerificationError::NotReplicated);
    ghost.expire_seat(&job, &a);
    w.close_round(&job).expect("it is another posting's");
    w.ok(&[ix::escrow::deliver(&a, &job, DIGEST)]);
    w.refused(&[ix::verification::open_round(&alice, &job)], VerificationError::WrongJobState);
    w.ok(&[release(&w, &alice, &job, &a)]);
    w.settle(&job, &a);
    clear(&mut w, &job);
}

/// Progress goes up, to the units and no further, by the operator alone.
#[test]
fn heartbeats() {
    let (mut w, job, a) = seated(&[]);
    let beat = |progress| ix::escrow::heartbeat(&a, &job, progress);
    w.ok(&[beat(5)]);
    w.tick(3, 0);
    w.ok(&[beat(5)]);
    assert_eq!((w.seat(&job, &a).progress, w.seat(&job, &a).heartbeat_at), (5, w.now));
    w.refused(&[beat(4)], EscrowError::BadProgress);
    w.refused(&[beat(33)], EscrowError::BadProgress);
    w.refused(&[beat(u64::MAX)], EscrowError::BadProgress);
    let mut stranger = beat(6);
    stranger.accounts[0].pubkey = w.mallory;
    w.refused(&[stranger], EscrowError::NotOperator);
}

/// More money and more time, never less, and only before anybody agreed to the terms. `fee` stays what it was.
#[test]
fn top_up_only_upward() {
    let mut w = World::with_operators(1);
    let (alice, usd, a) = (w.alice, w.usd, w.operators[0]);
    let job = w.post(&alice, terms(1));
    let top_up = |price, seconds| ix::escrow::top_up(&alice, &usd, &job, price, seconds);
    let price = terms(1).price_per_unit;
    w.refused(&[top_up(price - 1, 10)], EscrowError::BadTopUp);
    w.refused(&[top_up(price, 0)], EscrowError::BadTopUp);
    w.refused(&[top_up(u64::MAX, 0)], EscrowError::Overflow);
    w.refused(&[top_up(price, 1_801)], EscrowError::BadDeadline);
    w.ok(&[top_up(price * 2, 100)]);
    let topped: Job = w.job(&job);
    assert_eq!((topped.seat_price, topped.bond), (2 * SEAT_PRICE, 600_020 * 2_000));
    assert_eq!(topped.exposure - topped.bond, EXPOSURE - BOND);
    assert_eq!(w.chain.tokens(&addresses::job_vault(&job)), 6 * SEAT_PRICE);
    // The round has the old deadline: it must go before there is a draw.
    w.tick(0, 2);
    w.refused(&[ix::verification::draw(&job)], VerificationError::StaleRound);
    w.close_round(&job).expect("it is not this job's any more");
    w.ok(&[ix::verification::open_round(&alice, &job)]);
    w.ok(&[ix::verification::draw(&job)]);
    w.refused(&[top_up(price * 2, 1)], EscrowError::AlreadyDrawn);
    // Who was about to sit down agreed to less at stake.
    let claim = w.claim_ix(&job, &a, 0);
    w.ok(&[top_up(price * 3, 0)]);
    w.refused(&[claim], EscrowError::ExposureRose);
    w.claim(&job, &a);
    w.refused(&[top_up(price * 4, 0)], EscrowError::SeatsLeft);
}

/// Bounds of what an accepted job may ask.
#[test]
fn bounds_of_an_accepted_job() {
    let mut w = World::empty();
    let (alice, usd) = (w.alice, w.usd);
    let windows =
        [0, 9, 1_001, u32::MAX].map(|window| JobTerms { strategy: Strategy::Accepted { window }, ..terms(1) });
    let milestones = [&[9_999][..], &[10_001], &[0, 10_000], &[5_000, 5_001], &[1_250; 9], &[u16::MAX, 10_001]];
    for bad in windows {
        w.refused(&[ix::escrow::post_job(&alice, &usd, bad)], EscrowError::BadReview);
    }
    for bad in milestones {
        w.refused(&[ix::escrow::post_job(&alice, &usd, reviewed(1, bad))], EscrowError::BadMilestones);
    }
    let replicated = JobTerms { milestones: vec![10_000], ..terms(1) };
    w.refused(&[ix::escrow::post_job(&alice, &usd, replicated)], EscrowError::BadMilestones);
    w.post_only(&alice, reviewed(1, &[1_250; 8]));
}
