//! Votes.

use assay_tests::assay_sdk::governance::ProposalState;

use crate::state::{Model, Proposal};

/// All of them.
pub fn broken(model: &Model) -> Vec<String> {
    let mut broken = Vec::new();
    for (address, proposal) in &model.governance.proposals {
        let open = proposal.state == ProposalState::Voting && model.now < proposal.ends_at;
        let votes = || model.governance.votes.values().filter(|vote| vote.proposal == *address);
        let cast = u128::from(proposal.yes) + u128::from(proposal.no) + u128::from(proposal.abstain);
        let known: u128 = votes().map(|vote| u128::from(vote.weight)).sum();
        // Rounding of shares may give a voter a base unit of another's.
        let once = cast <= u128::from(proposal.staked) + 100 && (!open || known == cast);
        if !once {
            broken.push(format!("{address}: {cast} voted, {known} by votes there are, of {}", proposal.staked));
        }
        let bound =
            |position| model.staking.positions.get(position).is_some_and(|p| p.locked_until >= proposal.ends_at);
        if open && !votes().all(|vote| bound(&vote.position)) {
            broken.push(format!("{address}: a position that voted is not bound"));
        }
        let actions = model.governance.actions.values().filter(|(of, _)| of == address).count();
        if actions != usize::from(proposal.open_actions) || !carried_if_run(proposal) {
            broken.push(format!("{address}: {actions} actions, and it is {proposal:?}"));
        }
    }
    broken
}

/// Nothing runs but what was carried.
fn carried_if_run(proposal: &Proposal) -> bool {
    let ran = proposal.executed > 0 || proposal.state == ProposalState::Queued;
    let cast = u128::from(proposal.yes) + u128::from(proposal.no) + u128::from(proposal.abstain);
    !ran || (proposal.yes > proposal.no && cast >= u128::from(proposal.quorum))
}
