use anchor_lang::Space;
use assay_tests::assay_sdk::{
    addresses, ix,
    ix::token::Swap,
    token::{self, SwapLog, TokenError},
};

use super::super::{Next, View, admin, send};
use crate::{
    dice::Dice,
    state::{Swaps, ata, charge, need, require, token_program},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let authority = admin::authority(view, dice, &token::ID);
    let (counterparty, payer) = (view.anybody(dice), view.anybody(dice));
    let into_now = view.model.token.params.reserve_mint;
    let reserve_mint = if dice.once_in(8) || !view.cast.payments.contains(&into_now) {
        dice.one(&view.cast.payments)
    } else {
        into_now
    };
    let mint = dice.one(&view.cast.payments);
    if mint == reserve_mint {
        return None;
    }
    let [from, into] = [mint, reserve_mint].map(|mint| addresses::reserve(&mint));
    let [receives, pays] = [mint, reserve_mint].map(|mint| ata(&counterparty, &mint));
    let given = dice.amount(view.model.money.held(&from));
    let paid = dice.amount(view.model.money.held(&pays)) >> 6;
    let least = match dice.below(10) {
        0 => dice.amount(paid),
        1 => paid.saturating_add(1),
        _ => paid - charge(&reserve_mint, paid).min(paid),
    };
    let log = addresses::swap_log(&mint, &reserve_mint);
    let [of_mint, of_reserve] = [mint, reserve_mint].map(|mint| (mint, token_program(&mint)));
    let swap = Swap { authority, counterparty, payer, mint: of_mint, reserve_mint: of_reserve };
    send(ix::token::reserve_swap(&swap, given, paid, least), move |m| {
        need(m.money.tokens.get(&from))?;
        need(m.money.tokens.get(&into))?;
        if m.money.lamports(&log) == 0 {
            m.money.create(&payer, &log, 8 + SwapLog::INIT_SPACE)?;
        }
        require(authority == m.admins[&token::ID].authority, TokenError::NotAuthority)?;
        require(reserve_mint == m.token.params.reserve_mint, TokenError::BadSwap)?;
        require(given > 0 && paid > 0 && least > 0, TokenError::ZeroAmount)?;
        m.money.transfer(&pays, &into, paid)?;
        m.money.transfer(&from, &receives, given)?;
        // What arrived, less what the mint charged.
        let received = paid - charge(&reserve_mint, paid);
        require(received >= least, TokenError::BelowMinimum)?;
        let none = Swaps { mint, reserve_mint, swaps: 0, given: 0, received: 0 };
        let swaps = m.token.swaps.entry(log).or_insert(none);
        swaps.swaps += 1;
        swaps.given += u128::from(given);
        swaps.received += u128::from(received);
        Ok(())
    })
}
