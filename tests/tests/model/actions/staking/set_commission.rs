use assay_tests::assay_sdk::{addresses, ix, staking::StakingError};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let operator = view.operator(dice);
    let pool = addresses::pool(&operator);
    let now = view.model.staking.pools.get(&pool).map_or(0, |pool| pool.commission_bps);
    let bps = match dice.below(8) {
        0 => u16::MAX,
        1 | 2 => dice.below(3_001) as u16,
        3..=5 => now + dice.below(30) as u16,
        _ => now.saturating_sub(dice.below(200) as u16),
    };
    send(ix::staking::set_commission(&operator, bps), move |m| {
        m.begin(&pool)?;
        let (params, now) = (m.staking.params.clone(), m.now);
        let it = need(m.staking.pools.get_mut(&pool))?;
        require(bps <= params.max_commission_bps, StakingError::CommissionTooHigh)?;
        if bps > it.commission_bps {
            let slow = bps - it.commission_bps <= params.commission_step_bps && now - it.commission_since >= 86_400;
            require(slow, StakingError::CommissionTooFast)?;
        }
        (it.commission_bps, it.commission_since) = (bps, now);
        m.reweigh(&pool)
    })
}
