//! Set-up: who may initialize, with what, once; and the ASY mint's cap.

use anchor_lang::solana_program::instruction::Instruction;
use assay_tests::{
    World,
    assay_sdk::{
        ASY, addresses, escrow,
        escrow::EscrowError,
        ix, staking,
        staking::StakingError,
        token,
        token::{ASY_MINT, TokenError},
        verification::VerificationError,
    },
    world::*,
};

/// The four calls of initialize by someone, with the error that refuses a stranger.
fn initialize(who: &anchor_lang::prelude::Pubkey) -> [(Instruction, u32); 4] {
    [
        (ix::token::initialize(who, MAX_SUPPLY, token_params()), TokenError::NotUpgradeAuthority.into()),
        (ix::staking::initialize(who, staking_params()), StakingError::NotUpgradeAuthority.into()),
        (ix::escrow::initialize(who, escrow_params()), EscrowError::NotUpgradeAuthority.into()),
        (
            ix::verification::initialize(who, GENESIS, verification_params()),
            VerificationError::NotUpgradeAuthority.into(),
        ),
    ]
}

/// `init_frontrun`: only the upgrade authority, and no other program's ProgramData stands in for ours.
#[test]
fn init_frontrun() {
    let mut w = World::bare();
    let (authority, mallory) = (w.authority, w.mallory);
    let elsewhere = [escrow::ID, token::ID, staking::ID, escrow::ID].map(|id| addresses::program_data(&id));
    let calls = initialize(&mallory).into_iter().zip(initialize(&authority)).zip(elsewhere);
    for (index, (((by_stranger, error), (mut call, _)), other)) in calls.enumerate() {
        if index == 1 {
            // Staking needs the mint.
            w.ok(&[ix::token::initialize(&authority, MAX_SUPPLY, token_params())]);
        }
        w.refused(&[by_stranger], error);
        let own = addresses::program_data(&call.program_id);
        let data = call.accounts.iter_mut().find(|meta| meta.pubkey == own).expect("initialize names its ProgramData");
        data.pubkey = other;
        w.refused(&[call], error);
    }
}

#[test]
fn reinit() {
    let mut w = World::empty();
    for (call, _) in initialize(&w.authority.clone()) {
        let again = w.send(&[call]).expect_err("a Config is made once");
        assert_eq!(again.name, "InvalidInstructionData", "the system program creates no account twice");
    }
}

/// `fee_above_cap` and the other parameters' ranges.
#[test]
fn fee_above_cap() {
    let mut w = World::bare();
    let authority = w.authority;
    let escrow = |change: fn(&mut escrow::EscrowParams)| {
        let mut params = escrow_params();
        change(&mut params);
        ix::escrow::initialize(&authority, params)
    };
    for bad in [
        escrow(|p| p.fee_bps = 2_001),
        escrow(|p| p.bond_bps = 10_001),
        escrow(|p| p.wrong_bps = 10_001),
        escrow(|p| p.classes[4].seconds = 0),
        escrow(|p| p.seal_factor = 0),
        escrow(|p| p.reveal_factor = 0),
        escrow(|p| p.spread = 0),
        escrow(|p| p.widen_seconds = 0),
        escrow(|p| p.max_job_seconds = 0),
    ] {
        w.refused(&[bad], EscrowError::BadParams);
    }
    w.ok(&[escrow(|p| p.fee_bps = 2_000)]);

    w.refused(&[ix::token::initialize(&authority, 0, token_params())], TokenError::ZeroAmount);
    // Staking needs the mint.
    w.ok(&[ix::token::initialize(&authority, MAX_SUPPLY, token_params())]);
    let staking = |change: fn(&mut staking::StakingParams)| {
        let mut params = staking_params();
        change(&mut params);
        ix::staking::initialize(&authority, params)
    };
    for bad in [
        staking(|p| p.unbonding = 0),
        staking(|p| p.unbonding = -1),
        staking(|p| p.epoch_seconds = 0),
        staking(|p| (p.harmed_bps, p.caller_bps) = (9_001, 1_000)),
    ] {
        w.refused(&[bad], StakingError::BadParams);
    }
}

/// Allowance and cap; burning makes no room; 0 revokes.
#[test]
fn the_cap_counts_all_that_was_ever_minted() {
    let mut w = World::bare();
    let (authority, alice, mallory) = (w.authority, w.alice, w.mallory);
    w.ok(&[ix::token::initialize(&authority, 100, token_params())]);
    w.ok(&[ix::create_ata(&authority, &alice, &ASY_MINT)]);
    let to = addresses::ata(&alice, &ASY_MINT);
    w.ok(&[ix::token::set_minter(&authority, &mallory, u64::MAX)]);
    w.refused(&[ix::token::mint_to(&mallory, &to, 0)], TokenError::ZeroAmount);
    w.refused(&[ix::token::mint_to(&mallory, &to, u64::MAX)], TokenError::CapExceeded);
    w.refused(&[ix::token::mint_to(&mallory, &to, 101)], TokenError::CapExceeded);
    w.ok(&[ix::token::mint_to(&mallory, &to, 100)]);
    w.refused(&[ix::token::burn(&alice, &to, 0)], TokenError::ZeroAmount);
    // 1 is SPL Token's InsufficientFunds.
    w.refused(&[ix::token::burn(&alice, &to, 101)], 1_u32);
    w.ok(&[ix::token::burn(&alice, &to, 60)]);
    assert_eq!(w.supply(), 40);
    w.refused(&[ix::token::mint_to(&mallory, &to, 1)], TokenError::CapExceeded);
    w.ok(&[ix::token::set_minter(&authority, &mallory, 0)]);
    w.refused(&[ix::token::mint_to(&mallory, &to, 1)], TokenError::AllowanceExceeded);
}

/// Fee vaults: four a mint; ASY's burn share is burned, another mint's goes to its reserve.
#[test]
fn fees_are_split() {
    let mut w = World::empty();
    let (authority, alice, usd) = (w.authority, w.alice, w.usd);
    w.refused(&[ix::token::open_fee_vault(&authority, &usd, 4)], TokenError::NoSuchShard);
    w.ok(&[ix::token::open_fee_vault(&authority, &ASY_MINT, 3)]);
    w.mint_asy(&alice, ASY);
    let vaults = [(ASY_MINT, addresses::fee_vault(&ASY_MINT, 3)), (usd, addresses::fee_vault(&usd, 1))];
    for (mint, vault) in vaults {
        w.refused(&[ix::token::collect_fees(&mint, &vault)], TokenError::ZeroAmount);
        w.transfer(&alice, &mint, &vault, 10_001);
    }
    let supply = w.supply();
    for (mint, vault) in vaults {
        w.ok(&[ix::token::collect_fees(&mint, &vault)]);
        assert_eq!(w.chain.tokens(&vault), 0);
    }
    assert_eq!(w.supply(), supply - 5_000);
    assert_eq!(w.chain.tokens(&addresses::treasury(&ASY_MINT)), 5_001);
    assert_eq!(w.chain.tokens(&addresses::treasury(&usd)), 5_001);
    assert_eq!(w.chain.tokens(&addresses::reserve(&usd)), 5_000);
}
