//! As escrow would, by its PDA's signature: lock and slash in one transaction, often all there is. Seats leave that to
//! chance.

use assay_tests::assay_sdk::{addresses, ix, staking::Most, token::ASY_MINT};

use super::super::{Next, Step, View};
use crate::dice::Dice;

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let pool = addresses::pool(&view.operator(dice));
    let free = view.model.staking.pools.get(&pool).map_or(0, |pool| pool.active.amount - pool.locked);
    let amount = if dice.once_in(4) { free } else { dice.amount(free) >> 10 };
    let [harmed, caller] = [(); 2].map(|()| addresses::ata(&view.anybody(dice), &ASY_MINT));
    let jail = dice.once_in(2);
    // Seldom nothing, or less than their shares: what is burned is missing in the walk.
    let most = match amount % 8 {
        1 => (0, 0),
        2 => (amount >> 2, amount >> 5),
        _ => (u64::MAX, u64::MAX),
    };
    let bound = Most { harmed: most.0, caller: most.1 };
    let calls = vec![
        ix::staking::lock_bond(&pool, amount),
        ix::staking::slash_with(&pool, &harmed, &caller, (amount, amount), jail, bound),
    ];
    let then = move |m: &mut crate::state::Model| {
        m.lock_bond(&pool, amount)?;
        m.punish(&pool, (amount, amount), jail, (&harmed, &caller), most)
    };
    Some(Next::Send(Step { calls, then: Box::new(then) }))
}
