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
    let (address, owner, nonce) = dice.pick(&tickets).map(|(address, t)| (**address, t.owner, t.nonce))?;
    let (vault, to) = (addresses::pool_vault(&addresses::pool(&owner)), addresses::ata(&owner, &ASY_MINT));
    send(ix::staking::withdraw(&owner, nonce), move |m| {
        let ticket = need(m.staking.tickets.get(&address))?.clone();
        require(m.now >= ticket.ready_at, StakingError::StillUnbonding)?;
        let amount = m.staking.take_cooled(&ticket)?;
        m.staking.tickets.remove(&address);
        m.money.transfer(&vault, &to, amount)?;
        m.money.close(&address, &owner)
    })
}
