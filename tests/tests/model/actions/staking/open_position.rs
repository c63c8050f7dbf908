use anchor_lang::Space;
use assay_tests::assay_sdk::{addresses, ix, staking, staking::StakingError};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Position, need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (operator, owner) = (view.operator(dice), view.anybody(dice));
    let pool = addresses::pool(&operator);
    let position = addresses::position(&pool, &owner);
    let there = !view.model.staking.pools.contains_key(&pool) || view.model.staking.positions.contains_key(&position);
    if there && !dice.once_in(20) {
        return None;
    }
    let most = if dice.once_in(4) { dice.below(3_001) as u16 } else { u16::MAX };
    send(ix::staking::open_position(&operator, &owner, most), move |m| {
        need(m.staking.pools.get(&pool))?;
        m.money.create(&owner, &position, 8 + staking::Position::INIT_SPACE)?;
        m.staking_open()?;
        let it = need(m.staking.pools.get_mut(&pool))?;
        require(it.commission_bps <= most, StakingError::CommissionTooHigh)?;
        it.positions += 1;
        m.staking.positions.insert(position, Position::new(pool, it, owner));
        Ok(())
    })
}
