//! Cases and ballots.

use anchor_lang::prelude::Pubkey;
use assay_tests::{Chain, assay_sdk::verification};

use super::{Diff, Place};
use crate::state::{Appeal, Model, Votes};

pub const PLACES: &[Place] = &[case, ballot];

fn case(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let case = model.cases.get(address)?;
    let on: verification::Case = chain.find(address)?;
    diff.at = format!("case {:?} of {}", case.kind, case.job);
    diff.same("kind", case.kind, on.kind);
    diff.same("phase", (case.phase, case.ruling), (on.phase, on.ruling));
    diff.same("parties", (case.job, case.requester, case.opener), (on.job, on.requester, on.opener));
    diff.same("executor", case.executor.unwrap_or_default(), (on.executor, on.seat));
    diff.same("jury", (case.level(), case.chairs), (on.level, on.chairs));
    let counts = (case.joined, case.sealed, case.revealed, case.ballots);
    diff.same("counts", counts, (on.joined, on.sealed, on.revealed, on.ballots));
    diff.same("bonds", (case.bond, case.juror_bond), (on.bond, on.juror_bond));
    let windows = (on.seal_window.into(), on.reveal_window.into());
    diff.same("windows", (case.seal_window, case.reveal_window), windows);
    diff.same("times", (case.until, case.review_by), (on.until, on.review_by));
    diff.same("seed", (case.seed_slot, case.seeded_at, case.seed), (on.seed_slot, on.seeded_at, on.seed));
    diff.same("root", (case.root, case.claim, case.decision), (on.root, on.claim, on.decision));
    diff.same("climbed", case.climbed, (on.node, on.climbed));
    let made = on.appeals.iter().take(usize::from(on.level));
    let made = made.map(|it| Appeal { by: it.by, against: it.against, bond: it.bond, heard: it.heard });
    diff.same("appeals", &case.appeals, &made.collect());
    diff.same("owed", (case.each, &case.dues), (on.each, &on.dues.iter().map(|due| (due.to, due.amount)).collect()));
    let votes = on.votes.iter().map(|votes| Votes { digest: votes.digest, now: votes.now, all: votes.all });
    diff.same("votes", &case.votes, &votes.collect());
    Some(())
}

fn ballot(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let ballot = model.ballots.get(address)?;
    let on: verification::Ballot = chain.find(address)?;
    diff.at = format!("ballot of {} in {}", ballot.operator, ballot.case);
    diff.same("state", (ballot.state, ballot.level), (on.state, on.level));
    diff.same("parties", (ballot.case, ballot.operator, ballot.operator), (on.case, on.operator, on.payer));
    diff.same("bond", ballot.bond, on.bond);
    diff.same("seal by", ballot.seal_by, on.seal_by);
    diff.same("commitment", ballot.commitment, on.commitment);
    Some(())
}
