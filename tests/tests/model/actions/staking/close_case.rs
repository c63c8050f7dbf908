//! As escrow would: its PDA signs.

use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::{addresses, ix, staking::StakingError};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Pool, need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    // Verification's own are its own to close.
    let about = |operator: &Pubkey| {
        let cases = view.model.cases.values().filter(|case| case.executor.is_some_and(|(it, _)| it == *operator));
        cases.count()
    };
    let feigned = |pool: &Pool| pool.open_cases as usize > about(&pool.operator);
    let open: Vec<_> = view.model.staking.pools.iter().filter(|(_, pool)| feigned(pool)).collect();
    let any = view.operator(dice);
    let pool = if about(&any) == 0 && dice.once_in(10) { addresses::pool(&any) } else { *dice.pick(&open)?.0 };
    send(ix::staking::close_case(&pool), move |m| {
        let it = need(m.staking.pools.get_mut(&pool))?;
        require(it.open_cases > 0, StakingError::NoCase)?;
        it.open_cases -= 1;
        Ok(())
    })
}
