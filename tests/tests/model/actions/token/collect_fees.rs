use assay_tests::assay_sdk::{
    addresses, ix,
    token::{ASY_MINT, FEE_SHARDS, TokenError},
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let mint = dice.one(&view.cast.mints);
    let shards: Vec<_> = (0..FEE_SHARDS).map(|shard| addresses::fee_vault(&mint, shard)).collect();
    let full: Vec<_> = shards.iter().filter(|vault| view.model.money.held(vault) > 0).copied().collect();
    let vault = if dice.once_in(8) { dice.one(&shards) } else { *dice.pick(&full)? };
    let treasury = addresses::treasury(&mint);
    send(ix::token::collect_fees(&mint, &vault), move |m| {
        let amount = need(m.money.tokens.get(&vault))?.amount;
        need(m.money.tokens.get(&treasury))?;
        require(amount > 0, TokenError::ZeroAmount)?;
        let bps = if mint == ASY_MINT { m.burn_bps } else { 0 };
        let burned = (u128::from(amount) * u128::from(bps) / 10_000) as u64;
        m.money.burn(&vault, burned)?;
        m.money.transfer(&vault, &treasury, amount - burned)
    })
}
