//! Seal and reveal: what cannot be copied, guessed, replayed or forged.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    World,
    assay_sdk::{
        addresses,
        escrow::{EscrowError, JobState},
        ix,
        reputation::{Outcome, ReputationError},
        staking::StakingError,
        verification::{VerificationError, seal},
    },
    market::*,
    world::*,
};

fn seated() -> (World, Pubkey, [Pubkey; 3]) {
    let mut w = World::with_operators(4);
    let alice = w.alice;
    let job = w.open(&alice, 1);
    let operators = [w.operators[0], w.operators[1], w.operators[2]];
    for operator in operators {
        w.claim(&job, &operator);
    }
    (w, job, operators)
}

/// Who copies a seal cannot open it, whatever it says: the operator is part of it.
#[test]
fn copied_seal() {
    let (mut w, job, [a, b, copier]) = seated();
    w.seal(&job, &a, &honest());
    w.seal(&job, &b, &honest());
    w.ok(&[ix::verification::seal_result(&copier, &job, seal_of(&job, &a, &honest()))]);
    w.reveal(&job, &a, &honest());
    let copied = ix::verification::reveal_result(&copier, &job, honest(), salt(&job, &a));
    w.refused(&[copied], VerificationError::WrongPreimage);
    w.reveal(&job, &b, &honest());
    w.at(w.round(&job).reveal_by + 1);
    w.finalize(&job);
    assert_eq!((w.job(&job).winners, w.job(&job).losers), (0b011, 0b100));
}

#[test]
fn reveal_wrong_preimage() {
    let (mut w, job, [a, b, c]) = seated();
    for operator in [a, b, c] {
        w.seal(&job, &operator, &honest());
    }
    let other_digest = ix::verification::reveal_result(&a, &job, lie(&a), salt(&job, &a));
    w.refused(&[other_digest], VerificationError::WrongPreimage);
    let other_salt = ix::verification::reveal_result(&a, &job, honest(), [0; 32]);
    w.refused(&[other_salt], VerificationError::WrongPreimage);
    w.reveal(&job, &a, &honest());
    w.refused(&[w.reveal_ix(&job, &a, &honest())], VerificationError::WrongSeatState);
}

/// A seal cannot be changed once it is there.
#[test]
fn sealed_twice() {
    let (mut w, job, [a, ..]) = seated();
    w.seal(&job, &a, &honest());
    w.refused(&[w.seal_ix(&job, &a, &lie(&a))], VerificationError::WrongSeatState);
}

#[test]
fn empty_commitments() {
    let (mut w, job, [a, b, c]) = seated();
    w.refused(&[ix::verification::seal_result(&a, &job, [0; 32])], VerificationError::EmptyCommitment);
    for operator in [a, b, c] {
        w.seal(&job, &operator, &[0; 32]);
    }
    w.refused(&[w.reveal_ix(&job, &a, &[0; 32])], VerificationError::EmptyCommitment);
}

/// A seal made for one job opens nothing in another.
#[test]
fn replay_across_jobs() {
    let (mut w, job, [a, b, c]) = seated();
    let bob = w.bob;
    let other = w.open(&bob, 1);
    for operator in [a, b, c] {
        w.claim(&other, &operator);
        let replayed = seal_of(&job, &operator, &honest());
        w.ok(&[ix::verification::seal_result(&operator, &other, replayed)]);
    }
    let reveal = ix::verification::reveal_result(&a, &other, honest(), salt(&job, &a));
    w.refused(&[reveal], VerificationError::WrongPreimage);
}

/// A seal made for another cluster opens nothing on this one.
#[test]
fn replay_across_clusters() {
    let (mut w, job, operators) = seated();
    for operator in operators {
        let round = addresses::round(&job);
        let elsewhere = seal::seal(&[7; 32], &round, &operator, &honest(), &salt(&job, &operator));
        w.ok(&[ix::verification::seal_result(&operator, &job, elsewhere)]);
    }
    w.refused(&[w.reveal_ix(&job, &operators[0], &honest())], VerificationError::WrongPreimage);
}

/// `double_claim` and `double_settle`: one seat an operator and job, paid once.
#[test]
fn double_claim_and_double_settle() {
    let mut w = World::with_operators(4);
    let alice = w.alice;
    let job = w.open(&alice, 1);
    let [a, b, c] = [w.operators[0], w.operators[1], w.operators[2]];
    w.claim(&job, &a);
    let again = w.send(&[w.claim_ix(&job, &a, 0)]).expect_err("the seat is there");
    assert_eq!(again.name, "3007 AccountOwnedByWrongProgram", "no account is created twice");
    w.claim(&job, &b);
    w.claim(&job, &c);
    let late = w.claim_ix(&job, &w.operators[3], 0);
    w.refused(&[late], EscrowError::WrongState);
    for operator in [a, b, c] {
        w.seal(&job, &operator, &honest());
    }
    for operator in [a, b, c] {
        w.reveal(&job, &operator, &honest());
    }
    w.finalize(&job);
    let settle = ix::escrow::settle(&job, &w.job(&job), &a);
    w.ok(std::slice::from_ref(&settle));
    let twice = w.send(&[settle]).expect_err("the seat is closed");
    assert_eq!(twice.name, "3012 AccountNotInitialized");
    assert_eq!(w.usd_of(&a), SEAT_PRICE - FEE);
}

/// `duplicate_mutable` in the count: a seat counts once, and with its own operator's record.
#[test]
fn a_seat_is_counted_once() {
    let (mut w, job, [a, b, c]) = seated();
    for operator in [a, b, c] {
        w.seal(&job, &operator, &honest());
    }
    for operator in [a, b, c] {
        w.reveal(&job, &operator, &honest());
    }
    let count = |operators: &[Pubkey]| ix::verification::finalize_round(&job, 0, operators);
    w.refused(&[count(&[a, a, b])], VerificationError::WrongSeats);
    w.refused(&[count(&[a, a, b, c])], VerificationError::WrongSeats);
    w.refused(&[count(&[a, b])], VerificationError::WrongSeats);
    w.refused(&[count(&[])], VerificationError::WrongSeats);
    let mut swapped = count(&[a, b, c]);
    let records = [swapped.accounts[11].pubkey, swapped.accounts[13].pubkey];
    swapped.accounts[11].pubkey = records[1];
    swapped.accounts[13].pubkey = records[0];
    w.refused(&[swapped], VerificationError::WrongSeats);
    w.ok(&[count(&[c, a, b])]);
    assert_eq!(w.job(&job).state, JobState::Verified);
}

/// `forged_reputation_cpi` and its likes: nobody but the program above can sign for it.
#[test]
fn forged_calls_of_inner_instructions() {
    let (mut w, job, [a, ..]) = seated();
    let (mallory, pool, seat) = (w.mallory, addresses::pool(&a), addresses::seat(&job, &a));
    let asy = addresses::ata(&mallory, &assay_tests::assay_sdk::token::ASY_MINT);
    let record = addresses::record(&a, 0);
    let calls: [(_, u32); 11] = [
        (
            ix::reputation::record_outcome(&record, verified(Outcome::Valid, &record)),
            ReputationError::NotRecorder.into(),
        ),
        (ix::staking::lock_bond(&pool, 1), StakingError::NotSlasher.into()),
        (ix::staking::release_bond(&pool, 1), StakingError::NotSlasher.into()),
        (ix::staking::slash(&pool, &asy, &asy, 1, 1), StakingError::NotSlasher.into()),
        (ix::escrow::set_seed(&job, Some([1; 32])), EscrowError::NotVerifier.into()),
        (ix::escrow::ask(&job, 3, true), EscrowError::NotVerifier.into()),
        (ix::escrow::set_root(&job, [1; 32]), EscrowError::NotVerifier.into()),
        (ix::escrow::change_cases(&job, true), EscrowError::NotVerifier.into()),
        (ix::escrow::seal_seat(&seat, [1; 32]), EscrowError::NotVerifier.into()),
        (ix::escrow::reveal_seat(&seat, [1; 32]), EscrowError::NotVerifier.into()),
        (ix::escrow::record_verdict(&job, [1; 32], 1, 0), EscrowError::NotVerifier.into()),
    ];
    for (call, error) in calls {
        let mut unsigned = call.clone();
        unsigned.accounts[0].is_signer = false;
        w.refused(&[unsigned], 3010_u32);
        let mut forged = call;
        forged.accounts[0].pubkey = mallory;
        w.refused(&[forged], error);
    }
}
