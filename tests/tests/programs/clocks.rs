//! `deadline_minus_1_s` and `deadline_plus_1_s`: every deadline, in its last second and one later.

use assay_tests::{
    World,
    assay_sdk::{
        escrow::{EscrowError, JobState},
        ix,
        staking::StakingError,
        verification::VerificationError,
    },
    market::*,
    world::*,
};

fn seated() -> (World, [anchor_lang::prelude::Pubkey; 4]) {
    let mut w = World::with_operators(5);
    let alice = w.alice;
    let job = w.open(&alice, 1);
    let [a, b, c] = [w.operators[0], w.operators[1], w.operators[2]];
    for operator in [a, b, c] {
        w.claim(&job, &operator);
    }
    (w, [job, a, b, c])
}

#[test]
fn seal() {
    let (mut w, [job, a, ..]) = seated();
    let seal = w.seal_ix(&job, &a, &honest());
    assert_eq!(w.seat(&job, &a).seal_by, w.now + SEAL);
    w.tick(SEAL, 0);
    w.clone().ok(std::slice::from_ref(&seal));
    w.tick(1, 0);
    w.refused(&[seal], VerificationError::SealTooLate);
}

#[test]
fn expire_seat() {
    let (mut w, [job, a, ..]) = seated();
    let expire = w.expire_seat_ix(&job, &a);
    w.tick(SEAL, 0);
    w.refused(std::slice::from_ref(&expire), EscrowError::TooEarly);
    w.tick(1, 0);
    w.ok(&[expire]);
}

#[test]
fn reveal_and_finalize_when_all_sealed() {
    let (mut w, [job, a, b, c]) = seated();
    for operator in [a, b, c] {
        w.seal(&job, &operator, &honest());
    }
    w.reveal(&job, &a, &honest());
    let (reveal, finalize) = (w.reveal_ix(&job, &b, &honest()), w.finalize_ix(&job));
    w.tick(REVEAL, 0);
    w.refused(std::slice::from_ref(&finalize), VerificationError::FinalizeTooEarly);
    w.clone().ok(std::slice::from_ref(&reveal));
    w.tick(1, 0);
    w.refused(&[reveal], VerificationError::RevealTooLate);
    w.ok(&[finalize]);
    // One of three revealed: no quorum, and those that withheld lose.
    assert_eq!((w.job(&job).state, w.job(&job).winners, w.job(&job).losers), (JobState::Unresolved, 0, 0b110));
}

/// `reveal_early`: while a seat may still seal, a digest would tell it what to say.
#[test]
fn reveal_early_and_finalize_when_a_quorum_sealed() {
    let (mut w, [job, a, b, _]) = seated();
    w.seal(&job, &a, &honest());
    w.seal(&job, &b, &honest());
    let (reveal, finalize) = (w.reveal_ix(&job, &a, &honest()), w.finalize_ix(&job));
    w.at(w.job(&job).seal_by);
    w.refused(std::slice::from_ref(&reveal), VerificationError::RevealTooEarly);
    w.tick(1, 0);
    w.ok(&[reveal]);
    w.refused(std::slice::from_ref(&finalize), VerificationError::FinalizeTooEarly);
    w.at(w.round(&job).reveal_by);
    assert_eq!(w.now, w.job(&job).seal_by + REVEAL);
    w.refused(std::slice::from_ref(&finalize), VerificationError::FinalizeTooEarly);
    w.tick(1, 0);
    w.ok(&[finalize]);
}

#[test]
fn finalize_when_too_few_sealed() {
    let (mut w, [job, a, ..]) = seated();
    w.seal(&job, &a, &honest());
    let finalize = w.finalize_ix(&job);
    w.at(w.job(&job).seal_by);
    w.refused(std::slice::from_ref(&finalize), VerificationError::FinalizeTooEarly);
    w.tick(1, 0);
    w.ok(&[finalize]);
    // Who sealed did its part: its bond is released, and nothing is said of it.
    assert_eq!((w.job(&job).state, w.job(&job).losers), (JobState::Unresolved, 0));
    w.settle(&job, &a);
    assert_eq!(w.pool(&a).active, STAKE);
}

#[test]
fn claim() {
    let mut w = World::with_operators(2);
    let (alice, a) = (w.alice, w.operators[0]);
    let job = w.open(&alice, 1);
    let claim = w.claim_ix(&job, &a, 0);
    w.at(w.job(&job).seal_by - SEAL);
    w.clone().ok(std::slice::from_ref(&claim));
    w.tick(1, 0);
    w.refused(&[claim], EscrowError::TooLate);
}

#[test]
fn expire_job() {
    let mut w = World::with_operators(1);
    let alice = w.alice;
    let job = w.open(&alice, 1);
    w.at(w.job(&job).seal_by);
    w.refused(&[ix::escrow::expire_job(&job, &w.carol)], EscrowError::TooEarly);
    w.tick(1, 0);
    w.ok(&[ix::escrow::expire_job(&job, &w.carol)]);
}

#[test]
fn withdraw() {
    let mut w = World::with_operators(1);
    let a = w.operators[0];
    w.ok(&[ix::staking::request_unstake(&a, 0, 7)]);
    w.tick(999, 0);
    w.refused(&[ix::staking::withdraw(&a, 0)], StakingError::StillUnbonding);
    w.tick(1, 0);
    let before = w.asy_of(&a);
    w.ok(&[ix::staking::withdraw(&a, 0)]);
    assert_eq!(w.asy_of(&a), before + 7);
}
