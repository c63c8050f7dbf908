use anchor_lang::Space;
use assay_tests::assay_sdk::{
    ASY, addresses,
    escrow::{EscrowError, PaymentMint},
    ix,
};

use super::super::{Next, View, send};
use crate::{dice::Dice, state::require};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let authority = if dice.once_in(4) { view.anybody(dice) } else { view.cast.authority };
    let (entitled, mint) = (view.cast.authority, dice.one(&view.cast.mints));
    // From a few base units of ASY to thousands of ASY for 10^9 of the mint.
    let rate = dice.one(&[1, 1_000_003, ASY, 2_000 * ASY]);
    let address = addresses::payment(&mint);
    send(ix::escrow::register_mint(&authority, &mint, rate), move |m| {
        m.money.create(&authority, &address, 8 + PaymentMint::INIT_SPACE)?;
        require(authority == entitled, EscrowError::NotAuthority)?;
        m.payments.insert(address, (mint, rate));
        Ok(())
    })
}
