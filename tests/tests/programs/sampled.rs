//! Sampled jobs, whole lives: who is paid, who is slashed, and that every coin goes where it should.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    Receipt, World,
    assay_sdk::{
        addresses,
        escrow::{EscrowError, JobState, JobTerms, Strategy},
        ix,
        reputation::Record,
        verification::{Phase, VerificationError},
    },
    market::*,
    sampled::*,
    world::*,
};

/// 30 % of the whole price rounded up, at 2,000 base units of ASY for each.
const BOND: u64 = (WHOLE * 3).div_ceil(10) * 2_000;
/// What every seat has at stake: the bond of the whole, and 25 % of the class stake.
pub const EXPOSURE: u64 = BOND + 250_000_000_000;
/// Half of the fee on the whole, 25,001, as the bond of 600,024,000 values it.
pub const HALF_FEE: u64 = 7_500_300;

/// A world, an executor, and a committee of three with one to spare.
pub fn world() -> (World, Pubkey, [Pubkey; 4]) {
    let w = World::with_operators(6);
    let o = w.operators.clone();
    (w, o[0], [o[1], o[2], o[3], o[4]])
}

/// A job whose executor sealed the root of `digests`.
pub fn sealed(digests: &[[u8; 32]]) -> (World, Pubkey, Pubkey, [Pubkey; 4]) {
    let (mut w, executor, verifiers) = world();
    let alice = w.alice;
    let job = w.start(&alice, sampled(1), &executor, &root(digests));
    (w, job, executor, verifiers)
}

/// (state, winners, losers) of a job.
pub fn verdict(w: &World, job: &Pubkey) -> (JobState, u8, u8) {
    let job = w.job(job);
    (job.state, job.winners, job.losers)
}

pub fn kinds(receipt: &Receipt) -> Vec<&str> {
    receipt.events.iter().map(|event| event.kind.as_str()).collect()
}

/// (valid, wrong, silent, valid since the last bad one) of an operator.
fn record(w: &World, operator: &Pubkey) -> (u32, u32, u32, u32) {
    let record: Record = w.chain.read(&addresses::record(operator, 0));
    (record.valid, record.wrong, record.silent, record.consecutive_valid)
}

/// 2.5 % of a price, rounded down.
fn fee(price: u64) -> u64 {
    price * 250 / 10_000
}

/// Settle the winners, slash the losers, refund and close; nothing may be left.
pub fn clear(w: &mut World, job: &Pubkey) {
    let ended = w.job(job);
    for operator in w.seated(job) {
        let index = w.seat(job, &operator).index;
        if ended.losers >> index & 1 == 1 {
            w.slash(job, &operator)
        } else {
            w.settle(job, &operator)
        };
    }
    w.refund(job);
    w.close(job);
    w.close_round(job).expect("a finished round closes");
    for address in [*job, addresses::job_vault(job), addresses::round(job)] {
        assert_eq!(w.chain.account(&address), None, "something is left");
    }
    w.operators.iter().for_each(|operator| assert_eq!(w.pool(operator).locked, 0, "a bond is left"));
}

/// The executor and three verifiers do what they should: each gets its own price, to the base unit.
#[test]
fn an_honest_life() {
    let digests = work(UNITS);
    let (mut w, executor, [a, b, c, _]) = world();
    let (alice, supply) = (w.alice, w.supply());
    let rent = w.chain.lamports(&alice);
    let job = w.start(&alice, sampled(1), &executor, &root(&digests));
    assert_eq!(w.chain.tokens(&addresses::job_vault(&job)), WHOLE + 3 * PART);
    let posted = w.job(&job);
    assert_eq!((posted.bond, posted.exposure), (BOND, EXPOSURE));
    assert_eq!((posted.replicas, posted.state), (4, JobState::Open));
    let drawn = w.drawn(&job);
    assert_eq!(drawn.len(), 4);

    let samples = w.samples(&job, &digests);
    for verifier in [a, b, c] {
        w.verify(&job, &verifier, &samples);
        assert_eq!(w.pool(&verifier).locked, EXPOSURE);
    }
    assert_eq!(w.round(&job).phase, Phase::Revealing);
    let revealed = w.reveal_sample(&job, &a, &samples);
    assert_eq!(kinds(&revealed), ["SampleRevealed"]);
    assert_eq!(kinds(&w.ok(&[w.reveal_root_ix(&job, &executor, &root(&digests))])), ["RootRevealed"]);
    let piece = w.pieces(&job, &digests).remove(0);
    assert_eq!(kinds(&w.ok(&[ix::verification::prove_sample(&executor, &job, piece)])), ["SampleProven"]);
    for piece in w.pieces(&job, &digests) {
        w.ok(&[ix::verification::prove_sample(&executor, &job, piece)]);
    }
    w.reveal_sample(&job, &b, &samples);
    w.reveal_sample(&job, &c, &samples);
    assert_eq!(kinds(&w.finalize_sample(&job)), ["SampleCounted"]);
    assert_eq!(w.round(&job).phase, Phase::Auditing);
    assert_eq!(kinds(&w.pronounce(&job)), ["RoundFinalized"]);
    assert_eq!(verdict(&w, &job), (JobState::Verified, 0b1111, 0));
    assert_eq!(w.job(&job).root, root(&digests));
    clear(&mut w, &job);

    assert_eq!(w.usd_of(&alice), FUNDS - WHOLE - 3 * PART);
    assert_eq!(w.usd_of(&executor), WHOLE - fee(WHOLE));
    for verifier in [a, b, c] {
        assert_eq!(w.usd_of(&verifier), PART - fee(PART));
        assert_eq!(w.pool(&verifier).active, STAKE);
        // Samples prove no whole result, and so none that earns fewer re-checks.
        assert_eq!(record(&w, &verifier), (1, 0, 0, 0));
    }
    assert_eq!(record(&w, &executor), (1, 0, 0, 0));
    assert_eq!(w.supply(), supply);
    // All rent came back but for the bounties of four settled seats.
    assert!(rent - w.chain.lamports(&alice) <= 8 * BOUNTY);
}

/// A leaf that is wrong costs the executor bond and part of its stake; those who found it are paid, and the requester
/// gets the rest back and, of what was slashed, half a fee.
#[test]
fn a_wrong_leaf() {
    let honest = work(UNITS);
    let lies = garbage(&honest, 0..UNITS);
    let (mut w, job, executor, [a, b, c, _]) = sealed(&lies);
    let (alice, supply) = (w.alice, w.supply());
    let found = w.samples(&job, &honest);
    let votes = [a, b, c].map(|verifier| (verifier, found.clone()));
    w.audit(&job, (&executor, &lies), &votes);
    w.pronounce(&job);
    assert_eq!(verdict(&w, &job), (JobState::Verified, 0b1110, 0b0001));
    assert_eq!(w.job(&job).root, [0; 32], "a root that was found wrong is nobody's result");
    clear(&mut w, &job);

    let (harmed, caller) = (HALF_FEE, HALF_FEE);
    assert_eq!(w.pool(&executor).active, STAKE - EXPOSURE);
    assert_eq!((w.asy_of(&alice), w.asy_of(&w.carol)), (harmed, caller));
    assert_eq!(w.supply(), supply - (EXPOSURE - harmed - caller));
    assert_eq!(w.usd_of(&alice), FUNDS - 3 * PART);
    assert_eq!(w.usd_of(&executor), 0);
    assert_eq!([a, b, c].map(|verifier| w.usd_of(&verifier)), [PART - fee(PART); 3]);
    assert_eq!(record(&w, &executor), (0, 1, 0, 0));
}

/// A verifier that guesses, or seals what another sealed, loses what an executor that lies would.
#[test]
fn lazy_and_copying_verifiers_lose() {
    let digests = work(UNITS);
    let (mut w, job, executor, [a, lazy, b, _]) = sealed(&digests);
    let found = w.samples(&job, &digests);
    let guess = garbage(&found, 0..4);
    w.verify(&job, &a, &found);
    w.verify(&job, &lazy, &guess);
    w.verify(&job, &b, &found);
    w.reveal_sample(&job, &a, &found);
    w.show(&job, &executor, &digests);
    // Now it sees what was right, and cannot say so any more.
    w.refused(&[w.reveal_sample_ix(&job, &lazy, &found)], VerificationError::WrongPreimage);
    w.reveal_sample(&job, &lazy, &guess);
    w.reveal_sample(&job, &b, &found);
    w.finalize_sample(&job);
    w.pronounce(&job);
    assert_eq!(verdict(&w, &job), (JobState::Verified, 0b1011, 0b0100));
    clear(&mut w, &job);
    assert_eq!((w.pool(&lazy).active, w.usd_of(&lazy)), (STAKE - EXPOSURE, 0));
    assert_eq!(record(&w, &lazy), (0, 1, 0, 0));
    assert_eq!(w.usd_of(&w.alice), FUNDS - WHOLE - 2 * PART);
}

/// `copied_seal`: another's seal, the executor's or a verifier's, opens nothing.
#[test]
fn a_verifier_that_copies_a_seal() {
    let digests = work(UNITS);
    let (mut w, job, executor, [a, copier, other, _]) = sealed(&digests);
    let found = w.samples(&job, &digests);
    w.verify(&job, &a, &found);
    for (thief, victim) in [(copier, a), (other, executor)] {
        w.claim(&job, &thief);
        let seal = w.seat(&job, &victim).commitment;
        w.ok(&[ix::verification::seal_result(&thief, &job, seal)]);
    }
    w.reveal_sample(&job, &a, &found);
    w.show(&job, &executor, &digests);
    for (thief, victim) in [(copier, a), (other, executor)] {
        let open = ix::verification::reveal_sample(&thief, &job, found.clone(), salt(&job, &victim));
        w.refused(&[open], VerificationError::WrongPreimage);
    }
    w.at(w.round(&job).reveal_by + 1);
    w.finalize_sample(&job);
    w.pronounce(&job);
    // One vote of three is no majority: nobody is paid, and those who could open nothing lose.
    assert_eq!(verdict(&w, &job), (JobState::Unresolved, 0, 0b1100));
    clear(&mut w, &job);
    assert_eq!(w.usd_of(&w.alice), FUNDS);
}

/// An executor that reveals nothing, or its root alone, or not all leaves, loses; the committee is paid.
#[test]
fn an_executor_that_withholds() {
    let digests = work(UNITS);
    for shown in 0..3 {
        let (mut w, job, executor, [a, b, c, _]) = sealed(&digests);
        let found = w.samples(&job, &digests);
        for verifier in [a, b, c] {
            w.verify(&job, &verifier, &found);
        }
        if shown > 0 {
            w.ok(&[w.reveal_root_ix(&job, &executor, &root(&digests))]);
        }
        if shown > 1 {
            let first = w.pieces(&job, &digests).remove(0);
            assert!(w.pieces(&job, &digests).len() > 1, "not all leaves are in one piece");
            w.ok(&[ix::verification::prove_sample(&executor, &job, first)]);
        }
        for verifier in [a, b, c] {
            w.reveal_sample(&job, &verifier, &found);
        }
        w.refused(&[w.finalize_sample_ix(&job)], VerificationError::FinalizeTooEarly);
        w.at(w.round(&job).reveal_by + 1);
        w.finalize_sample(&job);
        w.pronounce(&job);
        assert_eq!(verdict(&w, &job), (JobState::Verified, 0b1110, 0b0001));
        assert_eq!(w.job(&job).root, [0; 32]);
        clear(&mut w, &job);
        assert_eq!(w.pool(&executor).active, STAKE - EXPOSURE);
        assert_eq!(record(&w, &executor), (0, 0, 1, 0));
        assert_eq!(w.usd_of(&w.alice), FUNDS - 3 * PART);
    }
}

/// Where the committee finds different things, nobody has proven anything: bonds come back but for who was silent.
#[test]
fn no_majority() {
    let digests = work(UNITS);
    let (mut w, job, executor, [a, b, silent, _]) = sealed(&digests);
    let found = w.samples(&job, &digests);
    let other = garbage(&found, [0]);
    for (verifier, samples) in [(a, &found), (b, &other), (silent, &found)] {
        w.verify(&job, &verifier, samples);
    }
    w.reveal_sample(&job, &a, &found);
    w.reveal_sample(&job, &b, &other);
    w.show(&job, &executor, &digests);
    w.at(w.round(&job).reveal_by + 1);
    w.finalize_sample(&job);
    w.pronounce(&job);
    assert_eq!(verdict(&w, &job), (JobState::Unresolved, 0, 0b1000));
    clear(&mut w, &job);
    assert_eq!(w.usd_of(&w.alice), FUNDS);
    assert_eq!([executor, a, b].map(|who| w.pool(&who).active), [STAKE; 3]);
    assert_eq!(w.pool(&silent).active, STAKE - EXPOSURE);
    assert_eq!([a, silent].map(|who| record(&w, &who)), [(0, 0, 0, 0), (0, 0, 1, 0)]);
}

/// If too few verify in time, the job ends without a verdict: all that is locked goes back where it came from.
#[test]
fn a_committee_that_does_not_come() {
    let digests = work(UNITS);
    for come in 0..4 {
        let (mut w, job, executor, verifiers) = sealed(&digests);
        let found = w.samples(&job, &digests);
        verifiers.iter().take(come).for_each(|verifier| w.verify(&job, verifier, &found));
        if come == 3 {
            continue;
        }
        let last = w.job(&job).seal_by;
        w.at(last);
        w.refused(&[w.finalize_sample_ix(&job)], VerificationError::FinalizeTooEarly);
        w.at(last + 1);
        if come == 2 {
            // More than half of it is enough.
            w.show(&job, &executor, &digests);
            verifiers.iter().take(2).for_each(|verifier| drop(w.reveal_sample(&job, verifier, &found)));
            w.finalize_sample(&job);
            w.pronounce(&job);
            assert_eq!(verdict(&w, &job), (JobState::Verified, 0b111, 0));
            clear(&mut w, &job);
            assert_eq!(w.usd_of(&w.alice), FUNDS - WHOLE - 2 * PART);
            continue;
        }
        w.refused(&[w.reveal_root_ix(&job, &executor, &root(&digests))], VerificationError::RevealTooEarly);
        w.finalize_sample(&job);
        assert_eq!(verdict(&w, &job), (JobState::Unresolved, 0, 0));
        clear(&mut w, &job);
        assert_eq!(w.usd_of(&w.alice), FUNDS);
        w.operators.iter().for_each(|operator| assert_eq!(w.pool(operator).active, STAKE));
    }
}

/// `ghost_provider`: a verifier that never seals loses the bond of the whole, and another takes its seat while there is time.
#[test]
fn ghosts_of_the_committee_are_replaced() {
    let digests = work(UNITS);
    let (mut w, job, executor, [a, b, ghost, late]) = sealed(&digests);
    let found = w.samples(&job, &digests);
    w.claim(&job, &ghost);
    w.at(w.seat(&job, &ghost).seal_by);
    w.refused(&[w.expire_seat_ix(&job, &ghost)], EscrowError::TooEarly);
    w.tick(1, 0);
    w.expire_seat(&job, &ghost);
    assert_eq!((w.pool(&ghost).active, w.pool(&ghost).locked), (STAKE - BOND, 0));
    for verifier in [a, b, late] {
        w.verify(&job, &verifier, &found);
    }
    for verifier in [a, b, late] {
        w.reveal_sample(&job, &verifier, &found);
    }
    w.show(&job, &executor, &digests);
    w.finalize_sample(&job);
    w.pronounce(&job);
    assert_eq!(verdict(&w, &job), (JobState::Verified, 0b1111, 0));
    clear(&mut w, &job);
}

/// The price of both kinds of seats is raised before the draw, and a requester that cancels pays the executor for its time.
#[test]
fn two_prices_through_top_up_and_cancellation() {
    let (mut w, executor, _) = world();
    let (alice, usd) = (w.alice, w.usd);
    let strategy = Strategy::Sampled { samples: 16, committee: 2 };
    let job = w.post_only(&alice, JobTerms { strategy, units: 10, price_per_unit: 1_001, ..sampled(1) });
    assert_eq!(w.job(&job).prices, [10_010; 3], "of ten units all are computed again");
    assert_eq!(w.usd_of(&alice), FUNDS - 30_030);
    let job = w.post(&alice, sampled(2));
    assert_eq!(w.job(&job).prices, [WHOLE, PART, PART, PART]);
    w.ok(&[ix::escrow::top_up(&alice, &usd, &job, OF_UNIT + 3, 0)]);
    assert_eq!(w.job(&job).prices, [WHOLE + 3 * UNITS, PART + 12, PART + 12, PART + 12]);
    let deposit = WHOLE + 3 * UNITS + 3 * (PART + 12);
    assert_eq!(w.chain.tokens(&addresses::job_vault(&job)), deposit);
    w.tick(0, 2);
    w.ok(&[ix::verification::draw(&job)]);
    w.tick(60, 0);
    w.claim(&job, &executor);
    w.tick(35, 0);
    w.ok(&[ix::escrow::cancel_job_under(&alice, &job, &[executor])]);
    w.settle(&job, &executor);
    w.refund(&job);
    let half = (WHOLE + 3 * UNITS) / 2;
    assert_eq!(w.usd_of(&executor), half - fee(half));
    assert_eq!(w.usd_of(&alice), FUNDS - 30_030 - half);
}

/// `requester_withdraws_before_delivery`: once the executor has sealed, the requester cannot cancel.
#[test]
fn no_cancelling_after_the_seal() {
    let (mut w, job, executor, [a, ..]) = sealed(&work(UNITS));
    let alice = w.alice;
    w.refused(&[ix::escrow::cancel_job_under(&alice, &job, &[executor])], EscrowError::SeatAtWork);
    w.claim(&job, &a);
    w.refused(&[ix::escrow::cancel_job_under(&alice, &job, &[executor, a])], EscrowError::SeatAtWork);
    w.refused(&[ix::escrow::expire_seat(&job, &alice, &executor, &w.carol)], EscrowError::WrongSeatState);
}
