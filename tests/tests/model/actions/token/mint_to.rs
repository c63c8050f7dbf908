use assay_tests::assay_sdk::{
    addresses, ix,
    token::{self, ASY_MINT, TokenError},
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let minter = view.anybody(dice);
    let account = addresses::minter(&minter);
    let to = addresses::ata(&view.anybody(dice), &ASY_MINT);
    let amount = dice.amount(view.model.token.allowances.get(&account).copied().unwrap_or(1));
    send(ix::token::mint_to(&minter, &to, amount), move |m| {
        let allowance = *need(m.token.allowances.get(&account))?;
        require(!m.admins[&token::ID].paused, TokenError::Paused)?;
        require(amount > 0, TokenError::ZeroAmount)?;
        require(amount <= allowance, TokenError::AllowanceExceeded)?;
        m.token.allowances.insert(account, allowance - amount);
        m.mint_asy(&to, amount)
    })
}
