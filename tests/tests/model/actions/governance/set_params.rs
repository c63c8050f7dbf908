use assay_tests::assay_sdk::{
    ASY,
    governance::{self, GovernanceParams},
};

use super::super::{Next, View, admin, decree};
use crate::{dice::Dice, state::Decree};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let by = admin::authority(view, dice, &governance::ID);
    decree(Decree::GovernanceParams(params(dice)), by)
}

/// Short votes; often good rules.
pub fn params(dice: &mut Dice) -> GovernanceParams {
    let mut params = GovernanceParams {
        vote_seconds: 40 + dice.below(40) as i64,
        timelock_seconds: 1 + dice.below(30) as i64,
        execute_window_seconds: 100 + dice.below(100) as i64,
        quorum_bps: 200 + dice.below(800) as u16,
        majority_bps: 5_000 + dice.below(1_000) as u16,
        proposal_stake: 1 + dice.below(1_000) * ASY,
    };
    match dice.below(24) {
        0 => params.vote_seconds = dice.below(2) as i64 * (30 * 86_400 + 1),
        1 => params.timelock_seconds = -1,
        2 => params.execute_window_seconds = i64::MAX,
        3 => params.quorum_bps = dice.below(2) as u16 * 5_001,
        4 => params.majority_bps = 4_999 + dice.below(2) as u16 * 5_001,
        5 => params.proposal_stake = dice.below(2) * u64::MAX,
        _ => {}
    }
    params
}
