use anchor_lang::Space;
use assay_tests::assay_sdk::{addresses, ix, staking, staking::StakingError, token::ASY_MINT};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Pool, Position, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let operator = view.operator(dice);
    let address = addresses::pool(&operator);
    let (vault, position) = (addresses::pool_vault(&address), addresses::position(&address, &operator));
    if view.model.staking.pools.contains_key(&address) && !dice.once_in(20) {
        return None;
    }
    let commission_bps = if dice.once_in(16) { u16::MAX } else { dice.below(3_001) as u16 };
    send(ix::staking::open_pool_with(&operator, commission_bps), move |m| {
        m.money.create(&operator, &address, 8 + staking::Pool::INIT_SPACE)?;
        m.money.create_tokens(&operator, &vault, &ASY_MINT, &address)?;
        m.money.create(&operator, &position, 8 + staking::Position::INIT_SPACE)?;
        m.staking_open()?;
        require(commission_bps <= m.staking.params.max_commission_bps, StakingError::CommissionTooHigh)?;
        let pool = Pool::new(operator, vault, commission_bps, m.now);
        m.staking.positions.insert(position, Position::new(address, &pool, operator));
        m.staking.pools.insert(address, pool);
        Ok(())
    })
}
