use assay_tests::assay_sdk::{governance::ProposalState, ix};

use super::super::{Next, View, send};
use crate::dice::Dice;

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let live = [ProposalState::Draft, ProposalState::Voting];
    let (at, proposal) = view.proposal(dice, |proposal| live.contains(&proposal.state))?;
    let by = view.almost(dice, proposal.proposer);
    send(ix::governance::cancel(&by, proposal.id), move |m| m.cancel(&at, &by))
}
