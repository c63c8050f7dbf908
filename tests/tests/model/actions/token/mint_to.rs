use assay_tests::assay_sdk::{
    addresses, ix,
    token::{ASY_MINT, TokenError},
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
    let amount = dice.amount(view.model.allowances.get(&account).copied().unwrap_or(1));
    send(ix::token::mint_to(&minter, &to, amount), move |m| {
        let allowance = *need(m.allowances.get(&account))?;
        require(amount > 0, TokenError::ZeroAmount)?;
        require(amount <= allowance, TokenError::AllowanceExceeded)?;
        let minted = m.minted.checked_add(amount).filter(|minted| *minted <= m.max_supply);
        require(minted.is_some(), TokenError::CapExceeded)?;
        m.minted = minted.unwrap_or(m.minted);
        m.allowances.insert(account, allowance - amount);
        m.money.mint(&to, amount)
    })
}
