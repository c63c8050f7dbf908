use anchor_lang::Space;
use assay_tests::assay_sdk::{
    ASY, addresses, ix,
    token::{Minter, TokenError},
};

use super::super::{Next, View, send};
use crate::{dice::Dice, state::require};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let authority = if dice.once_in(8) { view.anybody(dice) } else { view.cast.authority };
    let (minter, allowance) = (view.anybody(dice), dice.amount(1_000 * ASY));
    let (entitled, account) = (view.cast.authority, addresses::minter(&minter));
    send(ix::token::set_minter(&authority, &minter, allowance), move |m| {
        if m.money.lamports(&account) == 0 {
            m.money.create(&authority, &account, 8 + Minter::INIT_SPACE)?;
        }
        require(authority == entitled, TokenError::NotAuthority)?;
        m.allowances.insert(account, allowance);
        Ok(())
    })
}
