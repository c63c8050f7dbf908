use anchor_lang::Space;
use assay_tests::assay_sdk::{
    ASY, addresses, ix,
    token::{self, Minter, TokenError},
};

use super::super::{Next, View, admin, send};
use crate::{dice::Dice, state::require};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (authority, payer) = (admin::authority(view, dice, &token::ID), view.anybody(dice));
    let (minter, allowance) = (view.anybody(dice), dice.amount(1_000 * ASY));
    let account = addresses::minter(&minter);
    send(ix::token::set_minter_paid_by(&payer, &authority, &minter, allowance), move |m| {
        if m.money.lamports(&account) == 0 {
            m.money.create(&payer, &account, 8 + Minter::INIT_SPACE)?;
        }
        require(authority == m.admins[&token::ID].authority, TokenError::NotAuthority)?;
        m.token.allowances.insert(account, allowance);
        Ok(())
    })
}
