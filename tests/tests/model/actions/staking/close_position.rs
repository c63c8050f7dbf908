use assay_tests::assay_sdk::{addresses, ix, staking::StakingError};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let model = view.model;
    let own = |pool: &_, owner| model.staking.pools[pool].operator == owner;
    let (at, position, operator) = view
        .position(dice, |p| p.worth(&model.staking.pools[&p.pool]) == 0 && p.tickets == 0 && !own(&p.pool, p.owner))?;
    let (pool, owner) = (position.pool, position.owner);
    debug_assert_eq!(at, addresses::position(&pool, &owner));
    send(ix::staking::close_position(&operator, &owner), move |m| {
        let it = need(m.staking.pools.get(&pool))?;
        let own = need(m.staking.positions.get(&at))?;
        require(it.operator != owner, StakingError::OwnPosition)?;
        require(m.now >= own.locked_until, StakingError::VoteLocked)?;
        m.leave_pool(&at)?;
        m.money.close(&at, &owner)
    })
}
