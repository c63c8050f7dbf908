use assay_tests::assay_sdk::{addresses, ix, staking::StakingError, token::ASY_MINT};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let pools = &view.model.staking.pools;
    let empty: Vec<_> = pools.values().filter(|p| p.positions == 1 && p.tickets == 0 && p.active.amount == 0).collect();
    let operator = if dice.once_in(10) { view.operator(dice) } else { dice.pick(&empty)?.operator };
    let pool = addresses::pool(&operator);
    let (position, vault) = (addresses::position(&pool, &operator), addresses::pool_vault(&pool));
    let to = addresses::ata(&operator, &ASY_MINT);
    send(ix::staking::close_pool(&operator), move |m| {
        need(m.staking.pools.get(&pool))?;
        m.begin(&pool)?;
        require(!m.jailed(&pool)?, StakingError::Jailed)?;
        m.no_case(&pool)?;
        let it = m.staking.pools[&pool].clone();
        let now = m.now;
        let own = need(m.staking.positions.get_mut(&position))?;
        require(now >= own.locked_until, StakingError::VoteLocked)?;
        own.settle(&it);
        let left = [it.active.amount, it.cooling.amount, it.locked, it.commission_due, own.owed];
        require(left == [0; 5] && it.positions == 1 && it.tickets == 0, StakingError::NotEmpty)?;
        m.reweigh(&pool)?;
        // What slashed shares had earned is everybody's.
        m.staking.totals.pending += it.rewards_due;
        m.staking.pools.remove(&pool);
        m.staking.positions.remove(&position);
        m.money.transfer(&vault, &to, m.money.held(&vault))?;
        for account in [vault, pool, position] {
            m.money.close(&account, &operator)?;
        }
        Ok(())
    })
}
