//! Draws and counts: what the job pays to who sends them.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    World,
    assay_sdk::{
        escrow::{EscrowError, JobTerms},
        ix,
        verification::VerificationError,
    },
    market::*,
    world::*,
};

/// Every crank that carried the job on is paid, once, out of what the requester paid in for them; the rest returns.
#[test]
fn cranks_are_paid() {
    let mut w = World::with_operators(4);
    let (alice, carol, o) = (w.alice, w.carol, w.operators.clone());
    let before = w.chain.lamports(&alice);
    let job = w.post(&alice, JobTerms { strategy: up_to(2, 2, 4), ..terms(1) });
    let spare = |w: &World| w.chain.lamports(&job) - w.chain.svm.minimum_balance_for_rent_exemption(data(w, &job));
    // Four seats, the end, two draws and two counts.
    assert_eq!(spare(&w), 9 * BOUNTY);
    let had = w.chain.lamports(&carol);
    let earned = |w: &World| (w.chain.lamports(&carol) - had) / BOUNTY;
    w.tick(0, 2);
    let draw = ix::verification::draw_by(&carol, &job);
    w.ok(std::slice::from_ref(&draw));
    w.refused(&[draw], EscrowError::AlreadyDrawn);
    assert_eq!((earned(&w), spare(&w)), (1, 8 * BOUNTY));
    w.claim_and_seal(&job, &[(o[0], honest()), (o[1], lie(&o[1]))]);
    w.reveal(&job, &o[0], &honest());
    w.reveal(&job, &o[1], &lie(&o[1]));
    let count = |w: &World| ix::verification::finalize_round_by(&carol, &job, 0, &w.seated(&job));
    w.ok(&[count(&w)]);
    assert_eq!(earned(&w), 2);
    w.refused(&[count(&w)], VerificationError::FinalizeTooEarly);
    w.tick(0, 2);
    w.ok(&[ix::verification::draw_by(&carol, &job)]);
    w.claim_and_seal(&job, &[(o[2], honest()), (o[3], honest())]);
    w.reveal(&job, &o[2], &honest());
    w.reveal(&job, &o[3], &honest());
    w.ok(&[count(&w)]);
    assert_eq!((earned(&w), spare(&w)), (4, 5 * BOUNTY));
    w.refused(&[count(&w)], VerificationError::WrongPhase);
    w.wind_up(&job);
    // Three were settled by their own operators; who slashes is paid from the slash; who closed was the requester.
    assert_eq!((earned(&w), before - w.chain.lamports(&alice)), (4, 7 * BOUNTY));
}

/// A crank that ages a seed out is not paid for it, nor one that says nobody.
#[test]
fn only_what_carries_on_is_paid() {
    let mut w = World::with_operators(1);
    let (alice, carol) = (w.alice, w.carol);
    let job = w.post(&alice, terms(1));
    w.tick(0, 600);
    let had = w.chain.lamports(&carol);
    let rearmed = w.ok(&[ix::verification::draw_by(&carol, &job)]);
    assert_eq!((rearmed.events[0].kind.as_str(), w.chain.lamports(&carol)), ("DrawRearmed", had));
    w.tick(0, 2);
    w.ok(&[ix::verification::draw_by(&carol, &job)]);
    assert_eq!(w.chain.lamports(&carol), had + BOUNTY);
}

fn data(w: &World, address: &Pubkey) -> usize {
    w.chain.account(address).map_or(0, |account| account.data.len())
}
