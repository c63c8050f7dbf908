//! As escrow would: its PDA signs.

use assay_tests::assay_sdk::{addresses, ix};

use super::super::{Next, View, send};
use crate::{dice::Dice, state::need};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let pool = addresses::pool(&view.operator(dice));
    send(ix::staking::open_case(&pool), move |m| {
        need(m.staking.pools.get_mut(&pool))?.open_cases += 1;
        Ok(())
    })
}
