use assay_tests::assay_sdk::{addresses, governance::GovernanceError, ix};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let now = view.model.now;
    let (at, proposal) = view.proposal(dice, |p| p.over(now) && p.open_actions > 0)?;
    let all: Vec<_> = view.model.governance.actions.values().filter(|(of, _)| *of == at).collect();
    let index = dice.pick(&all)?.1;
    let (action, proposer) = (addresses::action(&at, index), proposal.proposer);
    send(ix::governance::close_action(&proposer, proposal.id, index), move |m| {
        let now = m.now;
        let it = need(m.governance.proposals.get_mut(&at))?;
        need(m.governance.actions.remove(&action))?;
        require(it.over(now), GovernanceError::NotOver)?;
        it.open_actions -= 1;
        m.money.close(&action, &proposer)
    })
}
