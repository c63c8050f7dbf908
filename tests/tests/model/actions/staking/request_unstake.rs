use anchor_lang::{Space, error::ErrorCode};
use assay_tests::assay_sdk::{addresses, ix, staking, staking::StakingError};

use super::{
    super::{Next, View, send},
    some_of,
};
use crate::{
    dice::Dice,
    state::{Ticket, need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    // Some try what a vote binds, or what is fresh.
    let bold = dice.once_in(5);
    let (address, position, operator) = view.position(dice, |position| bold || view.free(position))?;
    let (pool, owner, nonce) = (position.pool, position.owner, position.next_ticket);
    let shares = some_of(position.shares, dice);
    let ticket = addresses::ticket(&pool, &owner, nonce);
    send(ix::staking::undelegate(&operator, &owner, nonce, shares), move |m| {
        // A ticket made in the same transaction has taken the number, and with it the address.
        let now = need(m.staking.positions.get(&address))?.next_ticket;
        require(now == nonce, ErrorCode::ConstraintSeeds)?;
        m.money.create(&owner, &ticket, 8 + staking::Ticket::INIT_SPACE)?;
        require(shares > 0, StakingError::ZeroAmount)?;
        m.begin(&pool)?;
        m.no_case(&pool)?;
        let bought = m.cool(&address, shares)?;
        let (era, ready_at) = (m.staking.pools[&pool].cooling.era, m.now + m.staking.params.unbonding);
        m.staking.tickets.insert(ticket, Ticket { pool, owner, nonce, shares: bought, era, ready_at });
        m.reweigh(&pool)
    })
}
