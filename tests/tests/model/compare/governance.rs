//! Governance's accounts.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    Chain,
    assay_sdk::{addresses, governance, ix::governance::terms},
};

use super::{Diff, Place};
use crate::state::{Model, Vote};

pub const PLACES: &[Place] = &[config, proposal, action, vote];

fn config(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    if *address != addresses::config(&governance::ID) {
        return None;
    }
    let on: governance::Config = chain.find(address)?;
    diff.same("params", &model.governance.params, &on.params);
    diff.same("proposals", model.governance.count, on.proposals);
    Some(())
}

fn proposal(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let it = model.governance.proposals.get(address)?;
    let on: governance::Proposal = chain.find(address)?;
    diff.at = format!("proposal {}", it.id);
    diff.same("id", (it.id, it.proposer), (on.id, on.proposer));
    diff.same("state", it.state, on.state);
    let counts = (it.actions.len(), it.executed, it.open_actions);
    diff.same("actions", counts, (usize::from(on.actions), on.executed, on.open_actions));
    diff.same("hash", it.actions_hash, on.actions_hash);
    diff.same("rescue", it.rescue(), on.rescue);
    let times = (it.created_at, it.ends_at, it.eta, it.expires_at);
    diff.same("times", times, (on.created_at, on.ends_at, on.eta, on.expires_at));
    diff.same("start", (it.start_epoch, it.staked), (on.start_epoch, on.staked));
    diff.same("rules", (it.quorum, it.majority_bps), (on.quorum, on.majority_bps));
    diff.same("votes", (it.yes, it.no, it.abstain), (on.yes, on.no, on.abstain));
    Some(())
}

fn action(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let (proposal, index) = model.governance.actions.get(address)?;
    let on: governance::Action = chain.find(address)?;
    diff.same("action", (*proposal, *index), (on.proposal, on.index));
    let decree = &model.governance.proposals[proposal].actions[usize::from(*index)];
    diff.same("terms", terms(&decree.call(&governance::AUTHORITY)), on.terms);
    Some(())
}

fn vote(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let vote = model.governance.votes.get(address)?;
    let governance::Vote { proposal, position, voter, choice, weight, ends_at, .. } = chain.find(address)?;
    diff.at = format!("vote of {voter}");
    diff.same("vote", *vote, Vote { proposal, position, voter, choice, weight, ends_at });
    Some(())
}
