use assay_tests::assay_sdk::{governance, governance::ProposalState, ix};

use super::super::{Next, View, send};
use crate::dice::Dice;

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let guardian = view.model.admins[&governance::ID].guardian;
    let there = guardian != Default::default();
    let guardian = if there && !dice.once_in(10) { guardian } else { view.anybody(dice) };
    let live = [ProposalState::Voting, ProposalState::Queued];
    let (at, proposal) = view.proposal(dice, |proposal| live.contains(&proposal.state))?;
    send(ix::governance::veto(&guardian, proposal.id), move |m| m.veto(&at, &guardian))
}
