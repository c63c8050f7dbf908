use assay_tests::assay_sdk::{
    addresses, ix,
    token::{ASY_MINT, TokenError},
};

use super::super::{Next, View, send};
use crate::{dice::Dice, state::require};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let owner = view.anybody(dice);
    let from = addresses::ata(&owner, &ASY_MINT);
    // Seldom much: the walk needs its ASY.
    let amount = if dice.once_in(4) { dice.amount(view.model.money.held(&from)) >> 12 } else { dice.below(1_000) };
    send(ix::token::burn(&owner, &from, amount), move |m| {
        require(amount > 0, TokenError::ZeroAmount)?;
        m.money.burn(&from, amount)
    })
}
