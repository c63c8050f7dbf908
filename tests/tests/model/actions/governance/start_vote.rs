use assay_tests::assay_sdk::{
    addresses,
    governance::{GovernanceError, ProposalState},
    ix,
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (at, proposal) = view.proposal_in(dice, ProposalState::Draft)?;
    let (id, proposer) = (proposal.id, view.almost(dice, proposal.proposer));
    if proposal.actions.is_empty() && !dice.once_in(8) {
        return None;
    }
    let pool = view.pool_of(dice, &proposer)?;
    let position = addresses::position(&pool, &proposer);
    send(ix::governance::start_vote(&proposer, &pool, id), move |m| {
        let it = need(m.governance.proposals.get(&at))?;
        m.stake_of(&position)?;
        require(it.proposer == proposer, GovernanceError::NotProposer)?;
        m.start_vote(&at, &position)
    })
}
