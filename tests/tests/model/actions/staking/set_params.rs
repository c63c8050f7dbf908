use assay_tests::{
    assay_sdk::{
        ASY,
        staking::{self, StakingParams},
    },
    world::staking_params,
};

use super::super::{Next, View, admin, decree};
use crate::{dice::Dice, state::Decree};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let by = admin::authority(view, dice, &staking::ID);
    decree(Decree::StakingParams(params(dice)), by)
}

/// Often good ones.
pub fn params(dice: &mut Dice) -> StakingParams {
    let mut params = staking_params();
    params.jail_seconds = dice.below(120) as i64;
    params.unbonding = 100 + dice.below(1_000) as i64;
    params.min_self_stake = dice.below(200) * ASY;
    match dice.below(16) {
        0 => params.weight_cap = dice.amount(10_000 * ASY),
        1 => params.unbonding = dice.below(2) as i64 * (90 * 86_400 + 1),
        2 => params.epoch_seconds = dice.below(3) as i64 * 40,
        3 => params.jail_seconds = -1,
        4 => (params.harmed_bps, params.caller_bps) = (dice.below(9_000) as u16, dice.below(2_000) as u16),
        5 => params.max_commission_bps = dice.below(10_002) as u16,
        6 => params.commission_step_bps = dice.below(10_002) as u16,
        _ => {}
    }
    params
}
