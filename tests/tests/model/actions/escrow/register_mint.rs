use anchor_lang::Space;
use assay_tests::assay_sdk::{
    ASY, addresses,
    escrow::{EscrowError, PaymentMint},
    ix,
};

use super::{
    super::{Next, View, send},
    GOVERNED, admin, running,
};
use crate::{actions::admin::authority, dice::Dice, state::require};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let missing = |mint: &&_| !view.model.payments.contains_key(&addresses::payment(mint));
    let missing: Vec<_> = view.cast.payments.iter().filter(missing).copied().collect();
    let mint = match dice.pick(&missing) {
        Some(mint) => *mint,
        None if dice.once_in(10) => dice.one(&view.cast.payments),
        None => return None,
    };
    let by = authority(view, dice, &GOVERNED.program);
    // From a few base units of ASY to thousands of ASY for 10^9 of the mint.
    let rate = dice.one(&[1, 1_000_003, ASY, 2_000 * ASY]);
    let address = addresses::payment(&mint);
    // Who pays is another: a vote has no lamports.
    let payer = view.anybody(dice);
    let mut call = ix::escrow::register_mint(&by, &mint, rate);
    call.accounts[1].pubkey = payer;
    send(call, move |m| {
        m.money.create(&payer, &address, 8 + PaymentMint::INIT_SPACE)?;
        require(by == admin(m).authority, EscrowError::NotAuthority)?;
        running(m)?;
        m.payments.insert(address, (mint, rate));
        Ok(())
    })
}
