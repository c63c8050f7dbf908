use assay_tests::assay_sdk::{governance::GovernanceError, ix};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let now = view.model.now;
    let (at, proposal) = view.proposal(dice, |p| p.over(now) && p.open_actions == 0)?;
    let proposer = proposal.proposer;
    send(ix::governance::close_proposal(&proposer, proposal.id), move |m| {
        let it = need(m.governance.proposals.get(&at))?;
        require(it.over(m.now), GovernanceError::NotOver)?;
        require(it.open_actions == 0, GovernanceError::ActionsLeft)?;
        m.governance.proposals.remove(&at);
        m.money.close(&at, &proposer)
    })
}
