//! As escrow would: its PDA signs.

use assay_tests::assay_sdk::{addresses, ix, staking::StakingError};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let open: Vec<_> = view.model.staking.pools.iter().filter(|(_, pool)| pool.open_cases > 0).collect();
    let pool = if dice.once_in(10) { addresses::pool(&view.operator(dice)) } else { *dice.pick(&open)?.0 };
    send(ix::staking::close_case(&pool), move |m| {
        let it = need(m.staking.pools.get_mut(&pool))?;
        require(it.open_cases > 0, StakingError::NoCase)?;
        it.open_cases -= 1;
        Ok(())
    })
}
