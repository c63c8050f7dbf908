use assay_tests::assay_sdk::{ix, staking::StakingError, token::REWARDS_VAULT};

use super::super::{Next, View, send};
use crate::{dice::Dice, state::require};

pub fn propose(_: &View, _: &mut Dice) -> Option<Next> {
    send(ix::staking::advance_epoch(), |m| {
        let found = m.money.held(&REWARDS_VAULT) - m.staking.totals.accounted;
        require(m.epoch() > m.staking.totals.epoch || found > 0, StakingError::NothingToDo)?;
        m.roll();
        m.receive(found);
        Ok(())
    })
}
