use assay_tests::assay_sdk::{addresses, ix};

use super::super::{Next, View, send};
use crate::dice::Dice;

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let pool = addresses::pool(&view.operator(dice));
    send(ix::staking::sync_weight(&pool), move |m| {
        m.begin(&pool)?;
        m.reweigh(&pool)
    })
}
