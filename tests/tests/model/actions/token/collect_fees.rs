use assay_tests::assay_sdk::{addresses, ix, token::FEE_SHARDS};

use super::super::{Next, View, send};
use crate::{dice::Dice, state::token_program};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let mint = dice.one(&view.cast.payments);
    let shards: Vec<_> = (0..FEE_SHARDS).map(|shard| addresses::fee_vault(&mint, shard)).collect();
    let full: Vec<_> = shards.iter().filter(|vault| view.model.money.held(vault) > 0).copied().collect();
    let vault = if dice.once_in(8) { dice.one(&shards) } else { *dice.pick(&full)? };
    send(ix::token::collect_fees_of(&token_program(&mint), &mint, &vault), move |m| m.collect(&mint, &vault))
}
