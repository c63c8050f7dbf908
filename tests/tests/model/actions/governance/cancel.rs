use assay_tests::assay_sdk::{governance::ProposalState, ix};

use super::super::{Next, View, send};
use crate::dice::Dice;

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let live = [ProposalState::Draft, ProposalState::Voting];
    let (at, proposal) = view.proposal(dice, |proposal| live.contains(&proposal.state))?;
    send(ix::governance::cancel(&proposal.proposer, proposal.id), move |m| m.cancel(&at))
}
