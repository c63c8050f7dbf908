use anchor_lang::error::ErrorCode;
use assay_tests::assay_sdk::{addresses, governance, governance::GovernanceError, ix};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Proposal, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let proposer = view.anybody(dice);
    let pool = view.pool_of(dice, &proposer)?;
    let (position, id) = (addresses::position(&pool, &proposer), view.model.governance.count);
    let at = addresses::proposal(id);
    let uri = "u".repeat(if dice.once_in(16) { 201 } else { dice.below(60) as usize });
    send(ix::governance::propose(&proposer, &pool, id, [7; 32], &uri), move |m| {
        let worth = m.stake_of(&position)?.1;
        require(m.governance.count == id, ErrorCode::ConstraintSeeds)?;
        m.money.create(&proposer, &at, governance::Proposal::space(&uri))?;
        require(uri.len() <= 200, GovernanceError::TooLarge)?;
        require(worth >= m.governance.params.proposal_stake, GovernanceError::StakeTooLow)?;
        m.governance.count += 1;
        m.governance.proposals.insert(at, Proposal::new(id, proposer, m.now));
        Ok(())
    })
}
