use assay_tests::assay_sdk::{addresses, ix, staking::StakingError};

use super::{
    super::{Next, View, send},
    some_of,
};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    // Some try what a vote binds, or what is fresh.
    let bold = dice.once_in(5);
    let (from, position, operator) = view.position(dice, |position| bold || view.free(position))?;
    let owner = position.owner;
    let others = view.model.staking.positions.values();
    let others: Vec<_> = others.filter(|p| p.owner == owner && p.pool != position.pool).map(|p| p.pool).collect();
    let to_pool = *dice.pick(&others)?;
    let to_operator = view.model.staking.pools[&to_pool].operator;
    let (from_pool, to) = (position.pool, addresses::position(&to_pool, &owner));
    let shares = some_of(position.shares, dice);
    send(ix::staking::redelegate(&owner, &operator, &to_operator, shares), move |m| {
        for (pool, position) in [(&from_pool, &from), (&to_pool, &to)] {
            need(m.staking.pools.get(pool))?;
            need(m.staking.positions.get(position))?;
        }
        require(shares > 0, StakingError::ZeroAmount)?;
        m.staking_open()?;
        m.begin(&from_pool)?;
        m.begin(&to_pool)?;
        require(m.staking.pools[&from_pool].locked == 0, StakingError::BondsLocked)?;
        require(!m.jailed(&from_pool)?, StakingError::Jailed)?;
        m.no_case(&from_pool)?;
        let amount = m.redelegate(&from, &to, shares)?;
        m.reweigh(&from_pool)?;
        m.reweigh(&to_pool)?;
        m.money.transfer(&addresses::pool_vault(&from_pool), &addresses::pool_vault(&to_pool), amount)
    })
}
