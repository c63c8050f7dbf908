//! Who rules over staking: authority in two steps, guardian, pause, parameters; and who alone may sign what.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    World,
    assay_sdk::{
        ASY, addresses, ix, staking,
        staking::{Config, GOVERNOR, REWARDS_SEED, REWARDS_VAULT, SLASHER, StakingError},
        token::ASY_MINT,
    },
    world::*,
};

fn config(w: &World) -> Config {
    w.chain.read(&addresses::config(&staking::ID))
}

/// The token program mints emission to this address; governance and escrow sign with theirs.
#[test]
fn constants_are_the_addresses_they_stand_for() {
    let rewards = Pubkey::find_program_address(&[REWARDS_SEED], &staking::ID);
    assert_eq!(rewards.0, REWARDS_VAULT);
    assert_eq!(REWARDS_VAULT.to_string(), "C7Ai9MR5Cf462ws4yfSjzc4SB5jd8cnJKnwGyXoromAz");
    let governance = "8RsBdUtpucVnEE7kCE6WcaPvD2aQb43vHo4RWG1AEJAm".parse().unwrap();
    assert_eq!(Pubkey::find_program_address(&[b"authority"], &governance), (GOVERNOR, 255));
    let w = World::empty();
    let vault: anchor_spl::token::TokenAccount = w.chain.read(&REWARDS_VAULT);
    assert_eq!((vault.mint, vault.owner), (ASY_MINT, addresses::config(&staking::ID)));
    assert!(vault.delegate.is_none() && vault.close_authority.is_none());
}

#[test]
fn one_step_authority_transfer() {
    let mut w = World::empty();
    let (authority, alice, mallory) = (w.authority, w.alice, w.mallory);
    w.refused(&[ix::staking::propose_authority(&mallory, &mallory)], StakingError::NotAuthority);
    w.refused(&[ix::staking::accept_authority(&mallory)], StakingError::NotPending);
    w.ok(&[ix::staking::set_guardian(&authority, &w.carol.clone())]);
    w.ok(&[ix::staking::propose_authority(&authority, &alice)]);
    assert_eq!((config(&w).authority, config(&w).pending), (authority, alice));
    // Proposed is not yet in power, and only who was proposed may accept.
    w.refused(&[ix::staking::set_params(&alice, staking_params())], StakingError::NotAuthority);
    w.refused(&[ix::staking::accept_authority(&mallory)], StakingError::NotPending);
    w.refused(&[ix::staking::accept_authority(&authority)], StakingError::NotPending);
    // It can be taken back.
    w.ok(&[ix::staking::propose_authority(&authority, &Pubkey::default())]);
    w.refused(&[ix::staking::accept_authority(&alice)], StakingError::NotPending);
    w.ok(&[ix::staking::propose_authority(&authority, &alice)]);
    w.ok(&[ix::staking::accept_authority(&alice)]);
    let after = config(&w);
    assert_eq!((after.authority, after.pending, after.guardian), (alice, Pubkey::default(), w.carol));
    w.refused(&[ix::staking::set_params(&authority, staking_params())], StakingError::NotAuthority);
    w.refused(&[ix::staking::accept_authority(&alice)], StakingError::NotPending);
    w.ok(&[ix::staking::set_params(&alice, staking_params())]);
}

#[test]
fn guardian_pauses_and_nothing_else() {
    let mut w = World::empty();
    let (authority, carol, mallory) = (w.authority, w.carol, w.mallory);
    w.refused(&[ix::staking::set_paused(&carol, true)], StakingError::NotGuardian);
    w.refused(&[ix::staking::set_guardian(&mallory, &mallory)], StakingError::NotAuthority);
    w.ok(&[ix::staking::set_guardian(&authority, &carol)]);
    w.ok(&[ix::staking::set_paused(&carol, true)]);
    assert!(config(&w).paused);
    w.refused(&[ix::staking::set_paused(&mallory, false)], StakingError::NotGuardian);
    for call in [
        ix::staking::set_params(&carol, staking_params()),
        ix::staking::propose_authority(&carol, &carol),
        ix::staking::set_guardian(&carol, &mallory),
    ] {
        w.refused(&[call], StakingError::NotAuthority);
    }
    let paused = w.ok(&[ix::staking::set_paused(&authority, false)]);
    assert_eq!(paused.event("PausedSet").json["by"], authority.to_string());
    w.ok(&[ix::staking::set_guardian(&authority, &Pubkey::default())]);
    w.refused(&[ix::staking::set_paused(&carol, true)], StakingError::NotGuardian);
}

/// Everything that comes in stops; everything that is in can leave.
#[test]
fn pause_stops_entry_not_exit() {
    let mut w = World::with_operators(2);
    let (authority, [a, b]) = (w.authority, [w.operators[0], w.operators[1]]);
    let d = w.delegator("d", &a, ASY);
    w.ok(&[ix::staking::open_position(&b, &d, 0)]);
    w.locks_are_exposures = false;
    let pool = addresses::pool(&a);
    w.ok(&[ix::staking::lock_bond(&pool, 50)]);
    w.ok(&[ix::staking::fund_rewards(&d, ASY / 2)]);
    w.next_epoch(1);
    w.ok(&[ix::staking::set_paused(&authority, true)]);
    let newcomer = w.mallory;
    for call in [
        ix::staking::open_pool(&newcomer),
        ix::staking::open_position(&b, &newcomer, 10_000),
        ix::staking::stake(&a, 5),
        ix::staking::delegate(&a, &d, 5),
        ix::staking::redelegate(&d, &a, &b, 5),
        ix::staking::lock_bond(&pool, 1),
    ] {
        w.refused(&[call], StakingError::Paused);
    }
    w.ok(&[ix::staking::undelegate(&a, &d, 0, u128::from(ASY))]);
    assert!(w.claim_rewards(&a, &d).0 > 0);
    w.ok(&[ix::staking::release_bond(&pool, 10)]);
    w.ok(&[ix::staking::slash(
        &pool,
        &addresses::ata(&w.alice, &ASY_MINT),
        &addresses::ata(&w.carol, &ASY_MINT),
        40,
        40,
    )]);
    w.ok(&[ix::staking::open_case(&pool)]);
    w.ok(&[ix::staking::close_case(&pool)]);
    w.ok(&[ix::staking::sync_weight(&pool)]);
    w.ok(&[ix::staking::set_commission(&a, 0)]);
    w.ok(&[ix::staking::fund_rewards(&d, 5)]);
    w.tick(1_000, 0);
    w.ok(&[ix::staking::advance_epoch()]);
    w.ok(&[ix::staking::withdraw_of(&a, &d, 0)]);
    w.ok(&[ix::staking::close_position(&a, &d)]);
    w.ok(&[ix::staking::close_position(&b, &d)]);
    w.ok(&[ix::staking::request_unstake(&b, 0, w.position(&b, &b).shares)]);
    w.tick(1_000, 0);
    w.ok(&[ix::staking::withdraw(&b, 0)]);
    w.ok(&[ix::staking::claim_rewards(&b, &b)]);
    w.ok(&[ix::staking::close_pool(&b)]);
}

/// `fee_above_cap` of staking: parameters that would hold stake for ever, take more than all, or count no epochs.
#[test]
fn params_out_of_range() {
    let mut w = World::empty();
    let authority = w.authority;
    const YEAR: i64 = 365 * 24 * 60 * 60;
    let bad: [fn(&mut staking::StakingParams); 10] = [
        |p| p.unbonding = 0,
        |p| p.unbonding = i64::MAX,
        |p| p.epoch_seconds = 0,
        |p| p.epoch_seconds = YEAR,
        |p| p.jail_seconds = -1,
        |p| p.jail_seconds = YEAR + 1,
        |p| p.weight_cap = 0,
        |p| p.max_commission_bps = 10_001,
        |p| p.commission_step_bps = 10_001,
        |p| (p.harmed_bps, p.caller_bps) = (10_000, 1),
    ];
    for change in bad {
        let mut params = staking_params();
        change(&mut params);
        w.refused(&[ix::staking::set_params(&authority, params)], StakingError::BadParams);
    }
}

/// A longer epoch does not turn back the count of epochs: else nothing could be unstaked for years.
#[test]
fn a_longer_epoch_holds_nobody() {
    let mut w = World::with_operators(1);
    let a = w.operators[0];
    let epoch = config(&w).epoch(w.now);
    w.set_staking(|p| p.epoch_seconds = 86_400);
    assert_eq!(config(&w).epoch(w.now), epoch);
    w.ok(&[ix::staking::stake(&a, 5)]);
    w.refused(&[ix::staking::request_unstake(&a, 0, 5)], StakingError::TooFresh);
    w.tick(2 * 86_400 - 1, 0);
    w.refused(&[ix::staking::request_unstake(&a, 0, 5)], StakingError::TooFresh);
    w.tick(1, 0);
    w.ok(&[ix::staking::request_unstake(&a, 0, 5)]);
    assert_eq!(w.totals().weight.epoch, epoch + 2);
}

/// What only escrow's or governance's PDA may sign, signed by others.
#[test]
fn only_the_programs_above() {
    let mut w = World::with_operators(1);
    let a = w.operators[0];
    let (pool, ata) = (addresses::pool(&a), addresses::ata(&w.alice, &ASY_MINT));
    let position = addresses::position(&pool, &a);
    for signer in [w.mallory, w.authority, a, GOVERNOR] {
        for mut call in [
            ix::staking::lock_bond(&pool, 1),
            ix::staking::release_bond(&pool, 0),
            ix::staking::slash(&pool, &ata, &ata, 0, 0),
            ix::staking::open_case(&pool),
            ix::staking::close_case(&pool),
        ] {
            call.accounts[0].pubkey = signer;
            w.refused(&[call], StakingError::NotSlasher);
        }
    }
    for signer in [w.mallory, w.authority, a, SLASHER] {
        let mut call = ix::staking::lock_position(&position, w.now + 1);
        call.accounts[0].pubkey = signer;
        w.refused(&[call], StakingError::NotGovernor);
    }
    w.refused(&[ix::staking::close_case(&pool)], StakingError::NoCase);
    // Another program's Config is none of ours, though it has the same discriminator.
    let mut foreign = ix::staking::lock_bond(&pool, 1);
    foreign.accounts[1].pubkey = addresses::config(&assay_tests::assay_sdk::escrow::ID);
    w.refused(&[foreign], StakingError::WrongAddress);
}
