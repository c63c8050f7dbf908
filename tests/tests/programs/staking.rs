//! Stake, shares and slashes.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    World,
    assay_sdk::{
        ASY, addresses, ix,
        staking::{Position, StakingError, Totals},
        token::ASY_MINT,
    },
    market::*,
    world::*,
};

fn one() -> (World, Pubkey) {
    let w = World::with_operators(1);
    let operator = w.operators[0];
    (w, operator)
}

/// A slash as escrow would call it, with its PDA's signature.
fn slash(
    w: &World,
    operator: &Pubkey,
    amount: u64,
    unlock: u64,
) -> anchor_lang::solana_program::instruction::Instruction {
    let ata = |who: &Pubkey| addresses::ata(who, &ASY_MINT);
    ix::staking::slash(&addresses::pool(operator), &ata(&w.alice), &ata(&w.carol), amount, unlock)
}

#[test]
fn zero_amount_and_max() {
    let (mut w, a) = one();
    w.refused(&[ix::staking::stake(&a, 0)], StakingError::ZeroAmount);
    w.refused(&[ix::staking::request_unstake(&a, 0, 0)], StakingError::ZeroAmount);
    // 1 is SPL Token's InsufficientFunds.
    w.refused(&[ix::staking::stake(&a, u64::MAX)], 1_u32);
    w.refused(&[ix::staking::request_unstake(&a, 0, u128::MAX)], StakingError::NotEnoughShares);
    w.refused(&[ix::staking::request_unstake(&a, 0, u128::from(STAKE) + 1)], StakingError::NotEnoughShares);
}

/// `first_depositor_inflation` and `donation_changes_no_accounting`: a gift to the vault moves no share's price.
#[test]
fn first_depositor_inflation() {
    let mut w = World::empty();
    let a = w.add_operator("first", 1);
    let vault = addresses::pool_vault(&addresses::pool(&a));
    w.mint_asy(&w.mallory.clone(), 1_000 * ASY);
    let mallory = w.mallory;
    w.transfer(&mallory, &ASY_MINT, &vault, 1_000 * ASY);
    assert_eq!((w.pool(&a).active, w.pool(&a).active_shares), (1, 1));
    let staked = w.ok(&[ix::staking::stake(&a, 999)]);
    assert_eq!(staked.event("Staked").json["shares"], "999");
    w.tick(200, 0);
    w.ok(&[ix::staking::request_unstake(&a, 0, 1_000)]);
    w.tick(1_000, 0);
    let before = w.asy_of(&a);
    w.ok(&[ix::staking::withdraw(&a, 0)]);
    assert_eq!(w.asy_of(&a), before + 1_000, "what was staked, and nothing of the gift");
    assert_eq!(w.chain.tokens(&vault), 1_000 * ASY);
}

/// `slash_above_stake` and more than is locked.
#[test]
fn slash_above_stake() {
    let (mut w, a) = one();
    w.locks_are_exposures = false;
    w.ok(&[ix::staking::lock_bond(&addresses::pool(&a), 100)]);
    let slashes = [(101, 100), (101, 101), (u64::MAX, u64::MAX), (u64::MAX, 100)].map(|(x, y)| slash(&w, &a, x, y));
    for call in slashes {
        w.refused(&[call], StakingError::NotLocked);
    }
    w.refused(&[ix::staking::lock_bond(&addresses::pool(&a), STAKE - 99)], StakingError::StakeLocked);
    w.refused(&[ix::staking::lock_bond(&addresses::pool(&a), u64::MAX)], StakingError::Overflow);
    w.refused(&[ix::staking::release_bond(&addresses::pool(&a), 101)], StakingError::NotLocked);
    w.ok(&[ix::staking::lock_bond(&addresses::pool(&a), STAKE - 100)]);
    w.ok(&[slash(&w, &a, STAKE, STAKE)]);
    let pool = w.pool(&a);
    assert_eq!((pool.active, pool.active_shares, pool.active_era, pool.locked), (0, 0, 1, 0));
}

/// After a slash to nothing old shares are worth nothing, and the pool can start again.
#[test]
fn a_pool_slashed_to_nothing_starts_again() {
    let (mut w, a) = one();
    w.locks_are_exposures = false;
    w.ok(&[ix::staking::request_unstake(&a, 0, u128::from(ASY))]);
    w.ok(&[ix::staking::lock_bond(&addresses::pool(&a), STAKE - ASY)]);
    // One base unit in 5,000 ASY comes of cooling stake, the rest of the bond of active stake.
    w.ok(&[slash(&w, &a, STAKE - ASY, STAKE - ASY)]);
    let pool = w.pool(&a);
    assert_eq!(pool.active + pool.cooling, ASY);
    w.ok(&[ix::staking::lock_bond(&addresses::pool(&a), pool.active)]);
    w.ok(&[slash(&w, &a, pool.active, pool.active)]);
    let left = w.pool(&a);
    w.refused(&[ix::staking::request_unstake(&a, 1, u128::from(STAKE))], StakingError::NotEnoughShares);
    w.ok(&[ix::staking::stake(&a, 500)]);
    let position: Position = w.chain.read(&addresses::position(&addresses::pool(&a), &a));
    assert_eq!(w.pool(&a).active, left.active + 500);
    assert!(position.shares >= 500, "{position:?}");
    w.tick(1_000, 0);
    let before = w.asy_of(&a);
    w.ok(&[ix::staking::withdraw(&a, 0)]);
    assert_eq!(w.asy_of(&a), before + left.cooling);
}

/// `unstake_dodges_slash`: a bond stays behind, and stake on its way out is slashed like the rest.
#[test]
fn unstake_dodges_slash() {
    let mut w = World::with_operators(3);
    let (alice, [a, b, liar]) = (w.alice, [w.operators[0], w.operators[1], w.operators[2]]);
    let job = w.open(&alice, 1);
    w.claim_and_seal(&job, &[(a, honest()), (b, honest()), (liar, lie(&liar))]);
    let free = u128::from(STAKE - EXPOSURE);
    w.refused(&[ix::staking::request_unstake(&liar, 0, u128::from(STAKE))], StakingError::StakeLocked);
    w.refused(&[ix::staking::request_unstake(&liar, 0, free + 1)], StakingError::StakeLocked);
    w.ok(&[ix::staking::request_unstake(&liar, 0, free)]);
    for (operator, digest) in [(a, honest()), (b, honest()), (liar, lie(&liar))] {
        w.reveal(&job, &operator, &digest);
    }
    w.finalize(&job);
    w.slash(&job, &liar);
    let pool = w.pool(&liar);
    let from_cooling = u64::try_from(u128::from(EXPOSURE) * free / u128::from(STAKE)).unwrap();
    assert_eq!((pool.active, pool.cooling), (from_cooling, STAKE - EXPOSURE - from_cooling));
    assert_eq!(pool.locked, 0);
    w.tick(1_000, 0);
    let before = w.asy_of(&liar);
    w.ok(&[ix::staking::withdraw(&liar, 0)]);
    assert_eq!(w.asy_of(&liar) - before, STAKE - EXPOSURE - from_cooling);
}

/// Shares are rounded against who moves them: odd slashes and partial exits leave the vault whole.
#[test]
fn rounding_favours_vault() {
    let (mut w, a) = one();
    w.locks_are_exposures = false;
    let pool = addresses::pool(&a);
    for (nonce, (cut, shares)) in [(333, 7_u128), (1_000_003, 1_000_001), (77, 3)].into_iter().enumerate() {
        w.ok(&[ix::staking::lock_bond(&pool, cut)]);
        w.ok(&[slash(&w, &a, cut, cut)]);
        let before = w.pool(&a);
        w.ok(&[ix::staking::request_unstake(&a, nonce as u64, shares)]);
        let after = w.pool(&a);
        let moved = before.active - after.active;
        assert!(u128::from(moved) * before.active_shares <= shares * u128::from(before.active));
        assert_eq!(after.cooling - before.cooling, moved);
    }
}

/// A slash lowers the pool's weight at once and the totals at the next sync, which anybody may call.
#[test]
fn a_slash_weighs_at_once() {
    let mut w = World::with_operators(3);
    let (alice, [a, b, liar]) = (w.alice, [w.operators[0], w.operators[1], w.operators[2]]);
    let job = w.open(&alice, 1);
    w.judge(&job, &[(a, honest()), (b, honest()), (liar, lie(&liar))]);
    w.slash(&job, &liar);
    assert_eq!((w.pool(&liar).weight.now, w.pool(&liar).counted), (STAKE - EXPOSURE, STAKE));
    let totals = |w: &World| w.chain.read::<Totals>(&addresses::totals()).weight.now;
    assert_eq!(totals(&w), 3 * STAKE);
    w.ok(&[ix::staking::sync_weight(&addresses::pool(&liar))]);
    assert_eq!(totals(&w), 3 * STAKE - EXPOSURE);
}
