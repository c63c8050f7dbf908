//! Emission: the crank mints what is due, when it is due, where it belongs, and never above the cap. Thief: emit early,
//! twice, elsewhere, above the cap; make shorter epochs or a larger emission apply to the past.

use assay_tests::{
    World,
    assay_sdk::{
        ASY, addresses, ix,
        token::{self, ASY_MINT, Emission, REWARDS_VAULT, TokenError, TokenParams},
    },
    world::*,
};

fn world() -> World {
    let w = World::empty();
    w
}

fn config(w: &World) -> token::Config {
    w.chain.read(&addresses::config(&token::ID))
}

fn with(emission: Emission) -> TokenParams {
    TokenParams { emission, ..token_params() }
}

#[test]
fn emits_each_epoch_once_and_decays() {
    let mut w = world();
    let (vault, supply, minted) = (w.chain.tokens(&REWARDS_VAULT), w.supply(), config(&w).minted);
    // `deadline_minus_1_s` and the first second it may.
    w.at(START + 99);
    w.refused(&[ix::token::emit_epoch()], TokenError::EpochNotOver);
    w.at(START + 100);
    let first = w.ok(&[ix::token::emit_epoch()]);
    let event = first.event("EpochEmitted");
    assert_eq!((event.u64("epoch"), event.u64("amount"), event.u64("next_amount")), (0, 1_000 * ASY, 990 * ASY));
    w.refused(&[ix::token::emit_epoch()], TokenError::EpochNotOver);
    // Two epochs late: two calls, one for each, and not a third.
    w.at(START + 399);
    for (epoch, amount) in [(1, 990 * ASY), (2, 980_100_000_000)] {
        let receipt = w.ok(&[ix::token::emit_epoch()]);
        let event = receipt.event("EpochEmitted");
        assert_eq!((event.u64("epoch"), event.u64("amount")), (epoch, amount));
    }
    w.refused(&[ix::token::emit_epoch()], TokenError::EpochNotOver);
    let emitted = 1_000 * ASY + 990 * ASY + 980_100_000_000;
    assert_eq!(w.chain.tokens(&REWARDS_VAULT) - vault, emitted);
    assert_eq!((w.supply() - supply, config(&w).minted - minted), (emitted, emitted));
    assert_eq!((config(&w).next_epoch, config(&w).next_at), (3, START + 400));
}

#[test]
fn emission_goes_to_the_rewards_vault_only() {
    let mut w = world();
    w.tick(100, 0);
    let mut call = ix::token::emit_epoch();
    for to in [addresses::ata(&w.mallory, &ASY_MINT), addresses::ata(&w.mallory, &w.usd), addresses::treasury(&w.usd)] {
        call.accounts[2].pubkey = to;
        let code = w.send(&[call.clone()]).expect_err("not the rewards vault").code;
        assert!([Some(2012), Some(2014), Some(TokenError::WrongAddress.into())].contains(&code), "{code:?}");
    }
}

/// Emission and allowances share one cap; the last emission is clipped at it, and then it is over.
#[test]
fn emission_never_above_the_cap() {
    let mut w = World::bare();
    let (authority, alice) = (w.authority, w.alice);
    let emission = Emission { first: 1_000, keep_bps: 10_000, epoch_seconds: 1 };
    w.ok(&[ix::token::initialize(&authority, 2_600, with(emission))]);
    w.ok(&[ix::staking::initialize(&authority, staking_params())]);
    w.ok(&[ix::create_ata(&authority, &alice, &ASY_MINT)]);
    w.ok(&[ix::token::set_minter(&authority, &authority, 10_000)]);
    w.tick(10, 0);
    w.ok(&[ix::token::emit_epoch()]);
    let to = addresses::ata(&alice, &ASY_MINT);
    w.ok(&[ix::token::mint_to(&authority, &to, 1_100)]);
    let clipped = w.ok(&[ix::token::emit_epoch()]);
    assert_eq!(clipped.event("EpochEmitted").u64("amount"), 500);
    w.refused(&[ix::token::emit_epoch()], TokenError::EmissionOver);
    w.refused(&[ix::token::mint_to(&authority, &to, 1)], TokenError::CapExceeded);
    // Burning makes no room.
    w.ok(&[ix::token::burn(&alice, &to, 1_000)]);
    w.refused(&[ix::token::emit_epoch()], TokenError::EmissionOver);
    assert_eq!((config(&w).minted, w.supply()), (2_600, 1_600));
}

/// `max_u64` and `zero_amount`: the largest emission is clipped, none is none, and neither panics.
#[test]
fn max_u64() {
    let mut w = world();
    let authority = w.authority;
    let emission = Emission { first: u64::MAX, keep_bps: 10_000, epoch_seconds: 366 * 24 * 3_600 };
    w.ok(&[ix::token::set_params(&authority, with(emission))]);
    w.tick(emission.epoch_seconds, 0);
    let left = MAX_SUPPLY - config(&w).minted;
    assert_eq!(w.ok(&[ix::token::emit_epoch()]).event("EpochEmitted").u64("amount"), left);
    assert_eq!(config(&w).minted, MAX_SUPPLY);
    w.ok(&[ix::token::set_params(&authority, with(Emission { first: 0, ..emission }))]);
    w.tick(emission.epoch_seconds, 0);
    w.refused(&[ix::token::emit_epoch()], TokenError::EmissionOver);
}

/// New parameters do not reach into the past: shorter epochs and larger amounts begin now, and what was due and not
/// emitted lapses instead of growing.
#[test]
fn a_new_emission_begins_now() {
    let mut w = world();
    let authority = w.authority;
    w.at(START + 1_050);
    let emission = Emission { first: 1_000_000 * ASY, keep_bps: 9_000, epoch_seconds: 10 };
    w.ok(&[ix::token::set_params(&authority, with(emission))]);
    w.refused(&[ix::token::emit_epoch()], TokenError::EpochNotOver);
    w.at(START + 1_060);
    w.ok(&[ix::token::emit_epoch()]);
    w.refused(&[ix::token::emit_epoch()], TokenError::EpochNotOver);
    // Other parameters leave the curve alone.
    let before = config(&w);
    let mut params = before.params;
    params.reserve_mint = w.usd;
    w.ok(&[ix::token::set_params(&authority, params)]);
    let after = config(&w);
    assert_eq!((before.next_epoch, before.next_amount, before.next_at), (1, 900_000 * ASY, START + 1_070));
    assert_eq!((after.next_epoch, after.next_amount, after.next_at), (1, 900_000 * ASY, START + 1_070));
}
