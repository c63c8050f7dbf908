use assay_tests::assay_sdk::{addresses, ix, staking::StakingError, token::ASY_MINT};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (at, _, operator) = view.position(dice, |_| true)?;
    // Somebody may try it without a position.
    let owner = if dice.once_in(20) { view.anybody(dice) } else { view.model.staking.positions[&at].owner };
    let pool = addresses::pool(&operator);
    let (vault, position) = (addresses::pool_vault(&pool), addresses::position(&pool, &owner));
    let from = addresses::ata(&owner, &ASY_MINT);
    // Often enough for a seat.
    let held = view.model.money.held(&from);
    let amount = if dice.once_in(2) { held / 2 } else { dice.amount(held) };
    let mut call = ix::staking::delegate(&operator, &owner, amount);
    let signer = if dice.once_in(30) { view.anybody(dice) } else { owner };
    call.accounts[0].pubkey = signer;
    send(call, move |m| {
        need(m.staking.pools.get(&pool))?;
        need(m.staking.positions.get(&position))?;
        require(signer == owner, StakingError::NotOwner)?;
        require(amount > 0, StakingError::ZeroAmount)?;
        m.staking_open()?;
        m.money.transfer(&from, &vault, amount)?;
        m.begin(&pool)?;
        m.deposit(&position, amount)?;
        m.reweigh(&pool)
    })
}
