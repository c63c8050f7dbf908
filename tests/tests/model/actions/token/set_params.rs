use anchor_lang::prelude::Pubkey;
use assay_tests::{
    assay_sdk::{
        ASY,
        token::{self, Emission, FeeSplit, TokenParams},
    },
    world::token_params,
};

use super::super::{Next, View, admin, decree};
use crate::{dice::Dice, state::Decree};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let by = admin::authority(view, dice, &token::ID);
    decree(Decree::TokenParams(params(view, dice)), by)
}

/// Often good ones.
pub fn params(view: &View, dice: &mut Dice) -> TokenParams {
    let mut parts = [dice.below(4_000) as u16, dice.below(3_000) as u16, dice.below(3_000) as u16];
    if dice.once_in(4) {
        parts[dice.below(3) as usize] = 0;
    }
    let [burn_bps, reserve_bps, rewards_bps] = parts;
    let treasury_bps = 10_000 - parts.iter().sum::<u16>() + u16::from(dice.once_in(16));
    let usual = token_params().emission;
    let emission = match dice.below(8) {
        // Not all of the cap at once: nothing could be minted for the rest of the walk.
        0 => Emission {
            first: dice.amount(5_000 * ASY).min(50_000_000 * ASY),
            keep_bps: dice.below(10_001) as u16,
            epoch_seconds: 50,
        },
        1 => Emission { epoch_seconds: dice.below(2) as i64, ..usual },
        2 => Emission { keep_bps: 10_001, ..usual },
        _ => view.model.token.params.emission,
    };
    let reserve_mint = if dice.once_in(8) { Pubkey::default() } else { dice.one(&view.cast.payments) };
    TokenParams { split: FeeSplit { burn_bps, reserve_bps, rewards_bps, treasury_bps }, emission, reserve_mint }
}
