use anchor_lang::prelude::Pubkey;
use assay_tests::{
    assay_sdk::{
        ASY,
        verification::{self, VerificationParams},
    },
    world::verification_params,
};

use super::super::{Next, View, admin, decree};
use crate::{dice::Dice, state::Decree};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let by = admin::authority(view, dice, &verification::ID);
    decree(Decree::VerificationParams(params(view, dice)), by)
}

/// Mostly good ones.
pub fn params(view: &View, dice: &mut Dice) -> VerificationParams {
    let mut params = verification_params();
    params.jury = dice.one(&[1, 3, 3, 5]);
    params.challenge_bond = 1 + dice.below(40 * ASY);
    params.juror_bond = 1 + dice.below(60 * ASY);
    params.canary_seconds = if dice.once_in(2) { 0 } else { dice.below(30) as u32 };
    params.canary_keeper = if dice.once_in(8) { Pubkey::default() } else { view.anybody(dice) };
    for value in &mut params.class_values {
        *value = 1 + dice.below(*value * 2);
    }
    match dice.below(24) {
        0 => params.jury = dice.one(&[0, 2, 8, 9]),
        1 => params.challenge_bond = 0,
        2 => params.juror_bond = 0,
        3 => params.canary_seconds = 601,
        4 => params.class_values[dice.below(5) as usize] = 0,
        _ => {}
    }
    params
}
