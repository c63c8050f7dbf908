use assay_tests::assay_sdk::{governance::ProposalState, ix};

use super::super::{Next, View, send};
use crate::{dice::Dice, state::Proposal};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let now = view.model.now;
    let ended = |p: &Proposal| p.state == ProposalState::Voting && (p.ends_at..p.expires_at).contains(&now);
    let (at, proposal) = view.proposal(dice, ended)?;
    send(ix::governance::finish_vote(proposal.id), move |m| m.finish_vote(&at))
}
