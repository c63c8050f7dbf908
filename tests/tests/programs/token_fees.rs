//! What becomes of fees: collection, split, swaps into the reserve, the treasury. Thief: send a share elsewhere, keep the
//! rounding, swap at no price, swap alone, empty the treasury.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    World,
    assay_sdk::{
        ASY, addresses, ix,
        token::{self, ASY_MINT, FeeSplit, REWARDS_VAULT, SwapLog, TokenError, TokenParams},
    },
    chain::wallet,
    world::*,
};

const SPLIT: FeeSplit = FeeSplit { burn_bps: 5_000, reserve_bps: 1_000, rewards_bps: 2_500, treasury_bps: 1_500 };

/// All four shares, and swaps into a mint.
pub fn split_params(reserve_mint: &Pubkey) -> TokenParams {
    TokenParams { split: SPLIT, reserve_mint: *reserve_mint, ..token_params() }
}

/// A world with fees split four ways, tUSD the reserve mint, and ASY's first fee vault open.
fn world() -> World {
    let mut w = World::empty();
    let (authority, usd) = (w.authority, w.usd);
    w.ok(&[ix::token::set_params(&authority, split_params(&usd))]);
    w.ok(&[ix::token::open_fee_vault(&authority, &ASY_MINT, 0)]);
    w.mint_asy(&w.alice.clone(), 1_000 * ASY);
    w
}

fn collect(w: &mut World, mint: &Pubkey, amount: u64) -> assay_tests::Receipt {
    let (alice, vault) = (w.alice, addresses::fee_vault(mint, 0));
    w.transfer(&alice, mint, &vault, amount);
    w.ok(&[ix::token::collect_fees(mint, &vault)])
}

/// Base units in (reserve, rewards, treasury) of a mint.
fn held(w: &World, mint: &Pubkey) -> [u64; 3] {
    [addresses::reserve(mint), REWARDS_VAULT, addresses::treasury(mint)].map(|vault| w.chain.tokens(&vault))
}

/// `rounding_favours_vault`: each share is rounded down, the treasury gets the rest, nothing is lost.
#[test]
fn rounding_favours_vault() {
    let mut w = world();
    let usd = w.usd;
    let [_, rewards, _] = held(&w, &ASY_MINT);
    for amount in [1, 3, 9_999, 10_001, 123_456_789] {
        let (supply, before) = (w.supply(), held(&w, &ASY_MINT));
        let receipt = collect(&mut w, &ASY_MINT, amount);
        let event = receipt.event("FeesCollected");
        let parts = ["burned", "reserve", "rewards", "treasury"].map(|part| event.u64(part));
        assert_eq!(parts.iter().sum::<u64>(), amount);
        assert_eq!(parts[..3], [amount / 2, amount / 10, amount / 4]);
        let after = held(&w, &ASY_MINT);
        let moved = [0, 1, 2].map(|i| after[i] - before[i]);
        assert_eq!(moved[..], parts[1..]);
        assert_eq!(supply - w.supply(), parts[0]);
    }
    // Another mint: nothing burned, nothing for the rewards vault, which is ASY's.
    let [_, rewards_before, _] = held(&w, &usd);
    for amount in [1, 3, 9_999, 10_001] {
        let before = held(&w, &usd);
        collect(&mut w, &usd, amount);
        let after = held(&w, &usd);
        let reserve = amount * 8_500 / 10_000;
        assert_eq!((after[0] - before[0], after[2] - before[2]), (reserve, amount - reserve));
    }
    assert_eq!(held(&w, &usd)[1], rewards_before);
    assert!(rewards_before > rewards);
}

/// `zero_amount`: nothing to collect, spend or swap is an error, not an event.
#[test]
fn zero_amount() {
    let mut w = world();
    let (authority, usd) = (w.authority, w.usd);
    let swap = swap(&w);
    w.refused(&[ix::token::collect_fees(&ASY_MINT, &addresses::fee_vault(&ASY_MINT, 0))], TokenError::ZeroAmount);
    let to = addresses::ata(&w.alice, &usd);
    w.refused(&[ix::token::spend_treasury(&authority, (usd, ix::TOKEN_PROGRAM), &to, 0)], TokenError::ZeroAmount);
    for (given, paid, least) in [(0, 1, 1), (1, 0, 1), (1, 1, 0)] {
        w.refused(&[ix::token::reserve_swap(&swap, given, paid, least)], TokenError::ZeroAmount);
    }
}

/// `pda_sharing_vault`: the Config owns treasuries and reserves of every mint; none stands in for another.
#[test]
fn pda_sharing_vault() {
    let mut w = world();
    let (authority, usd) = (w.authority, w.usd);
    collect(&mut w, &ASY_MINT, 1_000);
    w.transfer(&w.alice.clone(), &usd, &addresses::fee_vault(&usd, 0), 1_000);
    // 2040: in two roles at once.
    let vaults = [
        (addresses::treasury(&ASY_MINT), 2006),
        (addresses::reserve(&ASY_MINT), 2006),
        (addresses::reserve(&usd), 2040),
    ];
    let call = ix::token::collect_fees(&usd, &addresses::fee_vault(&usd, 0));
    for (other, code) in vaults {
        let mut wrong = call.clone();
        wrong.accounts[4].pubkey = other;
        w.refused(&[wrong], code as u32);
    }
    // The treasury is not spent through the reserve's door, nor collected as if it were fees.
    let to = addresses::ata(&w.alice, &ASY_MINT);
    let mut spend = ix::token::spend_treasury(&authority, (ASY_MINT, ix::TOKEN_PROGRAM), &to, 1);
    spend.accounts[3].pubkey = addresses::reserve(&ASY_MINT);
    w.refused(&[spend], 2006_u32);
    let mut sweep = call.clone();
    sweep.accounts[3].pubkey = addresses::reserve(&usd);
    w.refused(&[sweep], 2040_u32);
    let mut sweep = ix::token::collect_fees(&ASY_MINT, &addresses::reserve(&ASY_MINT));
    sweep.accounts[5].pubkey = addresses::fee_vault(&ASY_MINT, 0);
    w.refused(&[sweep], 2015_u32);
}

/// `frozen_vault_locks_nobody_else`: a mint whose treasury was frozen keeps its own fees waiting; others are collected.
#[test]
fn frozen_vault_locks_nobody_else() {
    let mut w = world();
    let (alice, usd) = (w.alice, w.usd);
    let (treasury, vault) = (addresses::treasury(&usd), addresses::fee_vault(&usd, 0));
    w.transfer(&alice, &usd, &vault, 500);
    let mut frozen = w.chain.account(&treasury).expect("made with the fee vault");
    frozen.data[108] = 2;
    w.chain.set(&treasury, frozen.clone());
    // 17 is SPL Token's AccountFrozen.
    w.refused(&[ix::token::collect_fees(&usd, &vault)], 17_u32);
    collect(&mut w, &ASY_MINT, 500);
    frozen.data[108] = 1;
    w.chain.set(&treasury, frozen);
    w.ok(&[ix::token::collect_fees(&usd, &vault)]);
}

fn swap(w: &World) -> ix::token::Swap {
    ix::token::Swap {
        authority: w.authority,
        counterparty: w.bob,
        payer: w.carol,
        mint: (ASY_MINT, ix::TOKEN_PROGRAM),
        reserve_mint: (w.usd, ix::TOKEN_PROGRAM),
    }
}

/// Collect ASY fees and swap some of the reserve's into tUSD.
pub fn swap_some(w: &mut World) {
    let vault = addresses::fee_vault(&ASY_MINT, 0);
    if w.chain.account(&vault).is_none() {
        w.ok(&[ix::token::open_fee_vault(&w.authority.clone(), &ASY_MINT, 0)]);
    }
    let swap = swap(w);
    collect(w, &ASY_MINT, 1_000);
    w.ok(&[ix::token::reserve_swap(&swap, 10, 20, 20)]);
}

#[test]
fn a_swap_moves_both_or_neither_and_is_recorded() {
    let mut w = world();
    let (bob, usd) = (w.bob, w.usd);
    let swap = swap(&w);
    collect(&mut w, &ASY_MINT, 10_000);
    let (asy, dollars) = (w.asy_of(&bob), w.usd_of(&bob));
    let reserves =
        |w: &World| (w.chain.tokens(&addresses::reserve(&ASY_MINT)), w.chain.tokens(&addresses::reserve(&usd)));
    assert_eq!(reserves(&w), (1_000, 0));
    // More than the reserve has, more than the counterparty has, less than the authority asks.
    w.refused(&[ix::token::reserve_swap(&swap, 1_001, 500, 500)], 1_u32);
    w.refused(&[ix::token::reserve_swap(&swap, 400, FUNDS + 1, 1)], 1_u32);
    w.refused(&[ix::token::reserve_swap(&swap, 400, 499, 500)], TokenError::BelowMinimum);
    w.refused(&[ix::token::reserve_swap(&swap, u64::MAX, u64::MAX, u64::MAX)], 1_u32);
    assert_eq!((reserves(&w), w.asy_of(&bob), w.usd_of(&bob)), ((1_000, 0), asy, dollars));

    let receipt = w.ok(&[ix::token::reserve_swap(&swap, 400, 500, 500)]);
    let event = receipt.event("ReserveSwapped");
    assert_eq!((event.u64("given"), event.u64("received")), (400, 500));
    w.ok(&[ix::token::reserve_swap(&swap, 100, 150, 100)]);
    assert_eq!((reserves(&w), w.asy_of(&bob), w.usd_of(&bob)), ((500, 650), asy + 500, dollars - 650));
    let log: SwapLog = w.chain.read(&addresses::swap_log(&ASY_MINT, &usd));
    assert_eq!((log.swaps, log.given, log.received), (2, 500, 650));
    assert_eq!((log.mint, log.reserve_mint), (ASY_MINT, usd));
}

#[test]
fn a_swap_needs_both_parties() {
    let mut w = world();
    let (mallory, usd) = (w.mallory, w.usd);
    collect(&mut w, &ASY_MINT, 10_000);
    let good = swap(&w);
    let alone = ix::token::Swap { authority: mallory, ..good };
    w.refused(&[ix::token::reserve_swap(&alone, 10, 10, 10)], TokenError::NotAuthority);
    // With bob's money and mallory's signature.
    let mut theft = ix::token::reserve_swap(&ix::token::Swap { counterparty: mallory, ..good }, 10, 10, 10);
    theft.accounts[9].pubkey = addresses::ata(&w.bob, &usd);
    w.refused(&[theft], 2015_u32);
    // Bob pays, mallory receives.
    let mut theft = ix::token::reserve_swap(&good, 10, 10, 10);
    theft.accounts[8].pubkey = addresses::ata(&mallory, &ASY_MINT);
    w.refused(&[theft], 2015_u32);
    let mut unsigned = ix::token::reserve_swap(&good, 10, 10, 10);
    unsigned.accounts[1].is_signer = false;
    w.refused(&[unsigned], 3010_u32);
    // The reserve itself cannot be the counterparty, whoever claims to sign for it: the runtime signs for no PDA.
    let config = addresses::config(&token::ID);
    let mut itself = ix::token::reserve_swap(&ix::token::Swap { counterparty: config, ..good }, 10, 10, 10);
    itself.accounts[8].pubkey = addresses::reserve(&ASY_MINT);
    itself.accounts[9].pubkey = addresses::reserve(&usd);
    itself.accounts[1].is_signer = false;
    w.refused(&[itself], 3010_u32);
}

/// Only into the reserve mint, and only if one is set.
#[test]
fn wrong_mint() {
    let mut w = world();
    let (authority, usd) = (w.authority, w.usd);
    collect(&mut w, &ASY_MINT, 10_000);
    collect(&mut w, &usd, 10_000);
    let good = swap(&w);
    let back = ix::token::Swap { mint: good.reserve_mint, reserve_mint: good.mint, ..good };
    w.refused(&[ix::token::reserve_swap(&back, 10, 10, 10)], TokenError::BadSwap);
    let same = ix::token::Swap { mint: good.reserve_mint, ..good };
    // One vault in two roles.
    w.refused(&[ix::token::reserve_swap(&same, 10, 10, 10)], 2040_u32);
    w.ok(&[ix::token::set_params(&authority, split_params(&Pubkey::default()))]);
    w.refused(&[ix::token::reserve_swap(&good, 10, 10, 10)], TokenError::BadSwap);
    // A mint of the same name is not the mint.
    let fake = wallet("fake tUSD");
    w.create_mint(&fake, 6, &ix::TOKEN_PROGRAM);
    w.ok(&[ix::token::set_params(&authority, split_params(&usd))]);
    let mut worthless = ix::token::reserve_swap(&good, 10, 10, 10);
    worthless.accounts[5].pubkey = fake;
    w.refused(&[worthless], 2006_u32);
}

#[test]
fn the_treasury_is_the_authoritys() {
    let mut w = world();
    let (authority, alice, mallory, usd) = (w.authority, w.alice, w.mallory, w.usd);
    collect(&mut w, &usd, 10_000);
    let pair = (usd, ix::TOKEN_PROGRAM);
    let thief = addresses::ata(&mallory, &usd);
    w.refused(&[ix::token::spend_treasury(&mallory, pair, &thief, 1)], TokenError::NotAuthority);
    w.refused(&[ix::token::spend_treasury(&authority, pair, &addresses::ata(&alice, &usd), 1_501)], 1_u32);
    w.refused(&[ix::token::spend_treasury(&authority, pair, &addresses::treasury(&usd), 1)], 2040_u32);
    w.refused(&[ix::token::spend_treasury(&authority, pair, &addresses::ata(&alice, &ASY_MINT), 1)], 2014_u32);
    let before = w.usd_of(&alice);
    let receipt = w.ok(&[ix::token::spend_treasury(&authority, pair, &addresses::ata(&alice, &usd), 1_500)]);
    assert_eq!(receipt.event("TreasurySpent").u64("amount"), 1_500);
    assert_eq!((w.usd_of(&alice) - before, w.chain.tokens(&addresses::treasury(&usd))), (1_500, 0));
}

/// `donation_changes_no_accounting`: a gift to the fee vault is a fee; one to a treasury, reserve or rewards vault changes
/// no other figure.
#[test]
fn donation_changes_no_accounting() {
    let mut w = world();
    let (alice, usd) = (w.alice, w.usd);
    for vault in [addresses::treasury(&usd), addresses::reserve(&usd)] {
        w.transfer(&alice, &usd, &vault, 77);
    }
    w.transfer(&alice, &ASY_MINT, &REWARDS_VAULT, 77);
    let event = collect(&mut w, &usd, 10_000).event("FeesCollected").clone();
    assert_eq!(["burned", "reserve", "rewards", "treasury"].map(|part| event.u64(part)), [0, 8_500, 0, 1_500]);
    assert_eq!(held(&w, &usd)[0], 8_577);
    let swap = swap(&w);
    collect(&mut w, &ASY_MINT, 10_000);
    // A gift to the reserve before a swap is not what the swap brought.
    w.transfer(&alice, &usd, &addresses::reserve(&usd), 1_000);
    w.refused(&[ix::token::reserve_swap(&swap, 10, 10, 11)], TokenError::BelowMinimum);
}
