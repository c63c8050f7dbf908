use assay_tests::assay_sdk::{addresses, ix, staking::StakingError, token::ASY_MINT};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let any = dice.once_in(6);
    let ripe = |ready_at: i64| any || ready_at <= view.model.now;
    let tickets: Vec<_> = view.model.staking.tickets.iter().filter(|(_, ticket)| ripe(ticket.ready_at)).collect();
    let (address, ticket) = dice.pick(&tickets).map(|(address, t)| (**address, (*t).clone()))?;
    let (pool, owner, nonce) = (ticket.pool, ticket.owner, ticket.nonce);
    let operator = view.model.staking.pools[&pool].operator;
    let (vault, to) = (addresses::pool_vault(&pool), addresses::ata(&owner, &ASY_MINT));
    let position = addresses::position(&pool, &owner);
    send(ix::staking::withdraw_of(&operator, &owner, nonce), move |m| {
        let ticket = need(m.staking.tickets.get(&address))?.clone();
        require(m.now >= ticket.ready_at, StakingError::StillUnbonding)?;
        m.no_case(&pool)?;
        let amount = m.take_cooled(&ticket, &position)?;
        m.staking.tickets.remove(&address);
        m.money.transfer(&vault, &to, amount)?;
        m.money.close(&address, &owner)
    })
}
