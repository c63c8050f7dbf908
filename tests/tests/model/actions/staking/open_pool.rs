use anchor_lang::Space;
use assay_tests::assay_sdk::{addresses, ix, staking, token::ASY_MINT};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Pool, Position, Shared, Weight},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let operator = view.operator(dice);
    let address = addresses::pool(&operator);
    let (vault, position) = (addresses::pool_vault(&address), addresses::position(&address, &operator));
    if view.model.staking.pools.contains_key(&address) && !dice.once_in(20) {
        return None;
    }
    send(ix::staking::open_pool(&operator), move |m| {
        m.money.create(&operator, &address, 8 + staking::Pool::INIT_SPACE)?;
        m.money.create_tokens(&operator, &vault, &ASY_MINT, &address)?;
        m.money.create(&operator, &position, 8 + staking::Position::INIT_SPACE)?;
        let none = Shared::default();
        let (locked, counted, weight) = (0, 0, Weight::default());
        let pool = Pool { operator, vault, active: none, cooling: none, locked, weight, counted };
        m.staking.pools.insert(address, pool);
        let own = Position { pool: address, owner: operator, shares: 0, era: 0, next_ticket: 0 };
        m.staking.positions.insert(position, own);
        Ok(())
    })
}
