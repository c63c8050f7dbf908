use assay_tests::assay_sdk::{
    addresses, ix,
    token::{self, FEE_AUTHORITY, FEE_SHARDS, TokenError},
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{require, token_program},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (payer, mint, shard) = (view.anybody(dice), dice.one(&view.cast.payments), (dice.below(25) / 6) as u8);
    let vault = addresses::fee_vault(&mint, shard);
    if view.model.money.tokens.contains_key(&vault) && !dice.once_in(20) {
        return None;
    }
    let config = addresses::config(&token::ID);
    send(ix::token::open_fee_vault_of(&token_program(&mint), &payer, &mint, shard), move |m| {
        m.money.create_tokens(&payer, &vault, &mint, &FEE_AUTHORITY)?;
        for shared in [addresses::treasury(&mint), addresses::reserve(&mint)] {
            if m.money.lamports(&shared) == 0 {
                m.money.create_tokens(&payer, &shared, &mint, &config)?;
            }
        }
        require(shard < FEE_SHARDS, TokenError::NoSuchShard)
    })
}
