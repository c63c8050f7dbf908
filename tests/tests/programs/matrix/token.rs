//! The attack matrix of the token program: one line a call.

use super::*;
use crate::{token_distribution::open, token_fees::split_params};

const ANYBODY: &str = "anybody may do it, and pay for it";
const AGAIN: &str = "sets the same again";

/// Attacks that land, and why that is right; see [`super::COMMON`].
pub const HARMLESS: &[Harmless] = &[
    ("token::emit_epoch", "twice", "-", "two epochs are over: each is emitted once"),
    ("token::initialize", "arbitrary_cpi_target", "program", EVENTS),
    ("token::set_params", "twice", "-", AGAIN),
    ("token::propose_authority", "twice", "-", AGAIN),
    ("token::set_guardian", "twice", "-", AGAIN),
    ("token::set_paused", "twice", "-", AGAIN),
    ("token::open_fee_vault", "wrong_signer", "payer", ANYBODY),
    ("token::set_minter", "wrong_signer", "payer", "whoever signs to pay for it"),
    ("token::set_minter", "twice", "-", AGAIN),
    ("token::mint_to", "twice", "-", "within the allowance, which it counts down"),
    ("token::burn", "twice", "-", "the owner's own ASY"),
    ("token::collect_fees", "of_another", "fee_vault", "any account of the fee authority's may be swept"),
    ("token::reserve_swap", "wrong_signer", "payer", "whoever signs to pay for it"),
    ("token::reserve_swap", "twice", "-", "both parties sign each time"),
    ("token::spend_treasury", "twice", "-", "the authority signs each time"),
    ("token::spend_treasury", "of_another", "to", "the authority pays whom it will"),
    ("token::open_distribution", "wrong_signer", "payer", "whoever signs to pay for it"),
];

/// Every instruction, in a world where it lands.
pub fn cases() -> Vec<Case> {
    let bare = World::bare();
    let w = prepared();
    let (authority, alice, usd) = (w.authority, w.alice, w.usd);
    let ata = |who: &Pubkey| addresses::ata(who, &ASY_MINT);
    let burn = |who: &Pubkey| ix::token::burn(who, &ata(who), 1);
    let params = split_params(&usd);
    let mut proposed = w.clone();
    proposed.ok(&[ix::token::propose_authority(&authority, &w.bob)]);
    let mut cases = vec![
        Case::new(&bare, ix::token::initialize(&bare.authority, MAX_SUPPLY, token_params())),
        Case::new(&w, ix::token::set_params(&authority, params)),
        Case::new(&w, ix::token::propose_authority(&authority, &w.bob)),
        Case::new(&proposed, ix::token::accept_authority(&w.bob)),
        Case::new(&w, ix::token::set_guardian(&authority, &w.bob)),
        Case::new(&w, ix::token::set_paused(&authority, true)),
        Case::new(&w, ix::token::set_minter_paid_by(&w.bob, &authority, &w.carol, 7)),
        Case::new(&w, ix::token::mint_to(&authority, &ata(&alice), 5)),
        Case::new(&w, ix::token::emit_epoch()),
        Case::new(&w, burn(&alice)).other(burn(&w.bob)),
        Case::new(&w, ix::token::open_fee_vault(&alice, &ASY_MINT, 1))
            .other(ix::token::open_fee_vault(&alice, &usd, 0)),
        Case::new(&w, ix::token::collect_fees(&usd, &addresses::fee_vault(&usd, 0)))
            .other(ix::token::collect_fees(&ASY_MINT, &addresses::fee_vault(&usd, 1))),
    ];
    cases.extend(money(&w));
    cases
}

/// What moves money out of vaults.
fn money(w: &World) -> Vec<Case> {
    let mut w = w.clone();
    let (authority, alice, bob, carol, usd) = (w.authority, w.alice, w.bob, w.carol, w.usd);
    let asy = (ASY_MINT, ix::TOKEN_PROGRAM);
    let swap = ix::token::Swap {
        authority,
        counterparty: bob,
        payer: carol,
        mint: asy,
        reserve_mint: (usd, ix::TOKEN_PROGRAM),
    };
    let with_alice = ix::token::Swap { counterparty: alice, ..swap };
    let spend = |who| ix::token::spend_treasury(&authority, asy, &addresses::ata(who, &ASY_MINT), 1);
    let one = open(&mut w, &alice, 1, &[(bob, 5), (carol, 7)]);
    let two = open(&mut w, &bob, 1, &[(bob, 5), (carol, 7)]);
    let (again, other) = (one.opening(&w, 2), two.opening(&w, 2));
    let mut late = w.clone();
    late.tick(1_001, 0);
    vec![
        Case::new(&w, ix::token::reserve_swap(&swap, 10, 20, 20)).other(ix::token::reserve_swap(
            &with_alice,
            10,
            20,
            20,
        )),
        Case::new(&w, spend(&alice)).other(spend(&bob)),
        Case::new(&w, ix::token::open_distribution(&again)).other(ix::token::open_distribution(&other)),
        Case::new(&w, one.claim(0)).other(two.claim(1)),
        Case::new(&late, one.sweep()).other(two.sweep()),
    ]
}

/// Fees in two vaults of tUSD, ASY in treasury and reserve, an epoch to emit.
fn prepared() -> World {
    let mut w = World::with_operators(2);
    let (authority, alice, bob, usd) = (w.authority, w.alice, w.bob, w.usd);
    w.mint_asy(&alice, 10 * ASY);
    w.transfer(&alice, &ASY_MINT, &addresses::ata(&bob, &ASY_MINT), ASY);
    w.ok(&[ix::token::set_params(&authority, split_params(&usd))]);
    w.ok(&[ix::token::open_fee_vault(&authority, &ASY_MINT, 0)]);
    let vault = addresses::fee_vault(&ASY_MINT, 0);
    w.transfer(&alice, &ASY_MINT, &vault, 1_000);
    w.ok(&[ix::token::collect_fees(&ASY_MINT, &vault)]);
    for shard in 0..2 {
        w.transfer(&alice, &usd, &addresses::fee_vault(&usd, shard), 1_000);
    }
    w
}
