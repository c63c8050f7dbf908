use assay_tests::assay_sdk::{addresses, ix, staking::StakingError, token::ASY_MINT};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let operator = if dice.once_in(20) { view.anybody(dice) } else { view.operator(dice) };
    let pool = addresses::pool(&operator);
    let (vault, position) = (addresses::pool_vault(&pool), addresses::position(&pool, &operator));
    let from = addresses::ata(&operator, &ASY_MINT);
    // Often enough for a seat.
    let held = view.model.money.held(&from);
    let amount = if dice.once_in(2) { held / 2 } else { dice.amount(held) };
    send(ix::staking::stake(&operator, amount), move |m| {
        need(m.staking.pools.get(&pool))?;
        require(amount > 0, StakingError::ZeroAmount)?;
        m.money.transfer(&from, &vault, amount)?;
        m.staking.stake(m.epoch(), &position, amount)
    })
}
