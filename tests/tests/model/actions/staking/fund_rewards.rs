use assay_tests::assay_sdk::{
    addresses, ix,
    staking::StakingError,
    token::{ASY_MINT, REWARDS_VAULT},
};

use super::super::{Next, View, send};
use crate::{dice::Dice, state::require};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let funder = view.anybody(dice);
    let from = addresses::ata(&funder, &ASY_MINT);
    let amount = dice.amount(view.model.money.held(&from)) >> 8;
    send(ix::staking::fund_rewards(&funder, amount), move |m| {
        require(amount > 0, StakingError::ZeroAmount)?;
        m.money.transfer(&from, &REWARDS_VAULT, amount)?;
        m.roll();
        m.receive(amount);
        Ok(())
    })
}
