//! The attack matrix of the token program: one line a call.

use super::*;

/// Attacks that land, and why that is right; see [`super::COMMON`].
pub const HARMLESS: &[Harmless] = &[
    ("token::initialize", "arbitrary_cpi_target", "program", EVENTS),
    ("token::open_fee_vault", "wrong_signer", "payer", "anybody may open a fee vault and pay for it"),
    ("token::set_minter", "twice", "-", "sets the same allowance again"),
    ("token::mint_to", "twice", "-", "within the allowance, which it counts down"),
    ("token::burn", "twice", "-", "the owner's own ASY"),
    ("token::collect_fees", "of_another", "fee_vault", "any account of the fee authority's may be swept"),
];

/// Every instruction, in a world where it lands.
pub fn cases() -> Vec<Case> {
    let bare = World::bare();
    let mut w = World::with_operators(2);
    let (authority, alice, usd) = (w.authority, w.alice, w.usd);
    w.mint_asy(&alice, 10 * ASY);
    w.transfer(&alice, &ASY_MINT, &addresses::ata(&w.bob, &ASY_MINT), ASY);
    for shard in 0..2 {
        w.transfer(&alice, &usd, &addresses::fee_vault(&usd, shard), 1_000);
    }
    let ata = |who: &Pubkey| addresses::ata(who, &ASY_MINT);
    let burn = |who: &Pubkey| ix::token::burn(who, &ata(who), 1);
    vec![
        Case::new(&bare, ix::token::initialize(&bare.authority, MAX_SUPPLY, token_params())),
        Case::new(&w, ix::token::set_minter(&authority, &w.carol, 7)),
        Case::new(&w, ix::token::mint_to(&authority, &ata(&alice), 5)),
        Case::new(&w, burn(&alice)).other(burn(&w.bob)),
        Case::new(&w, ix::token::open_fee_vault(&alice, &ASY_MINT, 0))
            .other(ix::token::open_fee_vault(&alice, &usd, 0)),
        Case::new(&w, ix::token::collect_fees(&usd, &addresses::fee_vault(&usd, 0)))
            .other(ix::token::collect_fees(&ASY_MINT, &addresses::fee_vault(&usd, 1))),
    ]
}
