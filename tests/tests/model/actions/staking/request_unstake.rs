use anchor_lang::{Space, error::ErrorCode};
use assay_tests::assay_sdk::{addresses, ix, staking, staking::StakingError};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Ticket, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let positions: Vec<_> = view.model.staking.positions.iter().collect();
    let (address, position) = dice.pick(&positions).map(|(address, p)| (**address, (*p).clone()))?;
    let (pool, owner, nonce) = (position.pool, position.owner, position.next_ticket);
    let shares = match dice.below(8) {
        0 => 0,
        1 => position.shares,
        2 => position.shares + 1,
        3 => u128::from(dice.below(1_000)),
        _ => position.shares / u128::from(dice.below(50) + 2),
    };
    let ticket = addresses::ticket(&pool, &owner, nonce);
    send(ix::staking::request_unstake(&owner, nonce, shares), move |m| {
        // A ticket made in the same transaction has taken the number, and with it the address.
        require(m.staking.positions[&address].next_ticket == nonce, ErrorCode::ConstraintSeeds)?;
        m.money.create(&owner, &ticket, 8 + staking::Ticket::INIT_SPACE)?;
        require(shares > 0, StakingError::ZeroAmount)?;
        let bought = m.staking.cool(&address, shares)?;
        let (era, ready_at) = (m.staking.pools[&pool].cooling.era, m.now + m.staking.params.unbonding);
        m.staking.tickets.insert(ticket, Ticket { pool, owner, nonce, shares: bought, era, ready_at });
        m.staking.reweigh(m.epoch(), &pool)
    })
}
