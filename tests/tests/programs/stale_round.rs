//! `close_then_revive`: a job's address can be used again, and its round may outlive it. An old round must not judge a
//! new job: honest operators would lose bonds that they could not save.

use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::{
    addresses,
    escrow::{EscrowError, JobTerms},
    ix,
    verification::{Phase, VerificationError},
};
use assay_tests::{World, market::*, world::*};

/// A world in which job 1 of alice's is closed, its round left behind, and the same nonce posted again with `again`.
fn revived(end: fn(&mut World, &Pubkey), again: JobTerms) -> (World, Pubkey) {
    let mut w = World::with_operators(5);
    let alice = w.alice;
    let job = w.open(&alice, 1);
    end(&mut w, &job);
    w.refund(&job);
    w.close(&job);
    assert!(w.chain.account(&addresses::round(&job)).is_some(), "the round outlives its job");
    assert_eq!(w.post_only(&alice, again), job);
    w.tick(0, 2);
    (w, job)
}

fn cancelled(w: &mut World, job: &Pubkey) {
    let alice = w.alice;
    w.ok(&[ix::escrow::cancel_job(&alice, job)]);
}

fn unresolved(w: &mut World, job: &Pubkey) {
    w.at(w.job(job).seal_by + 1);
    w.finalize(job);
}

/// The draw must refuse the old round: without a seed nobody can claim, and nobody can lose.
#[track_caller]
fn no_draw(mut w: World, job: &Pubkey) {
    w.refused(&[ix::verification::draw(job)], VerificationError::StaleRound);
    let claim = w.claim_ix(job, &w.operators[0], 0);
    w.refused(&[claim], EscrowError::NotDrawn);
}

#[test]
fn a_final_round_judges_no_new_job() {
    let (w, job) = revived(unresolved, terms(1));
    assert_eq!(w.round(&job).phase, Phase::Final);
    no_draw(w, &job);
}

#[test]
fn a_round_with_fewer_replicas_judges_no_new_job() {
    let (w, job) = revived(cancelled, JobTerms { strategy: of(5, 3), ..terms(1) });
    no_draw(w, &job);
}

#[test]
fn a_round_with_a_lower_quorum_judges_no_new_job() {
    let (w, job) = revived(cancelled, JobTerms { strategy: of(3, 3), ..terms(1) });
    no_draw(w, &job);
}

#[test]
fn a_round_with_another_deadline_judges_no_new_job() {
    let (w, job) = revived(cancelled, JobTerms { deadline_seconds: 2_000, ..terms(1) });
    no_draw(w, &job);
}

#[test]
fn a_revived_job_can_always_be_taken_back() {
    let (mut w, job) = revived(unresolved, terms(1));
    let alice = w.alice;
    w.ok(&[ix::escrow::cancel_job(&alice, &job)]);
    w.refund(&job);
    w.close(&job);
    w.close_round(&job).expect("the old round goes with its job");
    assert_eq!(w.usd_of(&alice), FUNDS);
}

/// The time of an old round is over before the new job's: that ends nothing.
#[test]
fn an_old_round_ends_no_new_job() {
    let (mut w, job) = revived(cancelled, JobTerms { deadline_seconds: 2_000, ..terms(1) });
    w.at(w.round(&job).seal_by + 1);
    let finalize = w.finalize_ix(&job);
    w.refused(&[finalize], VerificationError::StaleRound);
    let alice = w.alice;
    w.close_round(&job).expect("it is an earlier posting's");
    w.ok(&[ix::verification::open_round(&alice, &job)]);
    w.ok(&[ix::verification::draw(&job)]);
}
