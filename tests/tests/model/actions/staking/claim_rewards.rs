use assay_tests::assay_sdk::{
    addresses, ix,
    token::{ASY_MINT, REWARDS_VAULT},
};

use super::super::{Next, View, send};
use crate::{dice::Dice, state::need};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (at, position, operator) = view.position(dice, |_| true)?;
    let (pool, owner) = (position.pool, position.owner);
    let to = addresses::ata(&owner, &ASY_MINT);
    send(ix::staking::claim_rewards(&operator, &owner), move |m| {
        need(m.staking.positions.get(&at))?;
        m.begin(&pool)?;
        let amount = m.claim_rewards(&at)?;
        m.reweigh(&pool)?;
        m.money.transfer(&REWARDS_VAULT, &to, amount)
    })
}
