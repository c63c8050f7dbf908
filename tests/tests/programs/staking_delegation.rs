//! Delegators beside operators: slashes, jail, disputes and moving from pool to pool. Who leaves when, and who pays.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    World,
    assay_sdk::{ASY, addresses, escrow::EscrowError, ix, staking::StakingError, token::ASY_MINT},
    market::*,
    world::*,
};

/// Three operators with 5,000 ASY each, of which the last lies; and a delegator of its, with as much.
fn with_delegator() -> (World, [Pubkey; 3], Pubkey) {
    let mut w = World::with_operators(3);
    let operators = [w.operators[0], w.operators[1], w.operators[2]];
    let d = w.delegator("d", &operators[2], STAKE);
    w.next_epoch(1);
    (w, operators, d)
}

/// A delegator sees the wrong result and leaves before the slash: its ticket is slashed like the stake that stayed.
#[test]
fn late_delegator_dodges_slash() {
    let (mut w, [a, b, liar], d) = with_delegator();
    let alice = w.alice;
    let job = w.open(&alice, 1);
    w.claim_and_seal(&job, &[(a, honest()), (b, honest()), (liar, lie(&liar))]);
    for (operator, digest) in [(a, honest()), (b, honest()), (liar, lie(&liar))] {
        w.reveal(&job, &operator, &digest);
    }
    w.ok(&[ix::staking::open_position(&a, &d, 0)]);
    // Moving away is no way out while a bond is locked.
    w.refused(&[ix::staking::redelegate(&d, &liar, &a, 1)], StakingError::BondsLocked);
    w.ok(&[ix::staking::undelegate(&liar, &d, 0, u128::from(STAKE))]);
    w.finalize(&job);
    // Who comes after the deed and before the slash pays too: it buys shares of what is about to be slashed.
    let late = w.delegator("late", &liar, STAKE);
    let whole = w.pool(&liar);
    assert_eq!((whole.active, whole.cooling), (2 * STAKE, STAKE));
    w.slash(&job, &liar);
    let slashed = w.pool(&liar);
    let third = EXPOSURE / 3;
    assert!((2 * STAKE - slashed.active).abs_diff(2 * third) <= 1, "{slashed:?}");
    for owner in [liar, late] {
        let worth = w.position(&liar, &owner).worth(&slashed).unwrap();
        assert!((STAKE - worth).abs_diff(third) <= 1);
    }
    w.tick(1_000, 0);
    w.ok(&[ix::staking::withdraw_of(&liar, &d, 0)]);
    assert!((w.asy_of(&d) - STAKE).abs_diff(STAKE - third) <= 1, "of 5,000 ASY a third of the slash is gone");
}

/// A slash names its own pool only: escrow takes no other's, and what one pool's bond covers no other pays.
#[test]
fn slash_another_pool() {
    let mut w = World::with_operators(3);
    let (alice, [a, b, liar]) = (w.alice, [w.operators[0], w.operators[1], w.operators[2]]);
    let job = w.open(&alice, 1);
    w.judge(&job, &[(a, honest()), (b, honest()), (liar, lie(&liar))]);
    let before = w.pool(&a);
    let mut slash = w.slash_ix(&job, &liar);
    slash.accounts[5].pubkey = addresses::pool(&a);
    slash.accounts[6].pubkey = addresses::pool_vault(&addresses::pool(&a));
    w.refused(&[slash], EscrowError::NotOperator);
    // The right pool with another's vault.
    let mut slash = w.slash_ix(&job, &liar);
    slash.accounts[6].pubkey = addresses::pool_vault(&addresses::pool(&a));
    w.refused(&[slash], 2006_u32);
    w.slash(&job, &liar);
    let after = w.pool(&a);
    assert_eq!((after.active, after.locked), (before.active, before.locked));
    assert_eq!(w.chain.tokens(&addresses::pool_vault(&addresses::pool(&a))), STAKE);
}

/// One wrong result is one slash: the seat is gone with it, and its bond.
#[test]
fn slash_twice_same_evidence() {
    let mut w = World::with_operators(3);
    let (alice, [a, b, liar]) = (w.alice, [w.operators[0], w.operators[1], w.operators[2]]);
    let job = w.open(&alice, 1);
    w.judge(&job, &[(a, honest()), (b, honest()), (liar, lie(&liar))]);
    let slash = w.slash_ix(&job, &liar);
    // 3012: the seat is not there any more.
    w.refused(&[slash.clone(), slash.clone()], 3012_u32);
    w.ok(std::slice::from_ref(&slash));
    w.refused(&[slash], 3012_u32);
    w.refused(&[w.expire_seat_ix(&job, &liar)], 3012_u32);
    assert_eq!((w.pool(&liar).active, w.pool(&liar).locked), (STAKE - EXPOSURE, 0));
}

/// A pool in jail: no weight, no seats, no moving away; leaving by the slow way, and back after a sync.
#[test]
fn jail() {
    let (mut w, [a, b, liar], d) = with_delegator();
    w.set_staking(|p| p.jail_seconds = 300);
    let (alice, pool) = (w.alice, addresses::pool(&liar));
    let job = w.open(&alice, 1);
    w.judge(&job, &[(a, honest()), (b, honest()), (liar, lie(&liar))]);
    w.slash(&job, &liar);
    let jailed = w.pool(&liar);
    assert_eq!((jailed.jailed_until, jailed.weight.now, jailed.open_cases), (w.now + 300, 0, 0));
    let next = w.open(&alice, 2);
    w.refused(&[w.claim_ix(&next, &liar, 0)], EscrowError::NotEligible);
    w.locks_are_exposures = false;
    w.ok(&[ix::staking::open_position(&a, &d, 0)]);
    // In its last second still.
    w.at(jailed.jailed_until - 1);
    w.refused(&[ix::staking::lock_bond(&pool, 1)], StakingError::Jailed);
    w.refused(&[ix::staking::redelegate(&d, &liar, &a, 1)], StakingError::Jailed);
    w.ok(&[ix::staking::sync_weight(&pool)]);
    assert_eq!((w.pool(&liar).counted, w.totals().weight.now), (0, 2 * STAKE));
    w.ok(&[ix::staking::undelegate(&liar, &d, 0, 1_000)]);
    // Time alone does not bring back the weight; anybody's sync does, from the next epoch on.
    w.at(jailed.jailed_until);
    w.ok(&[ix::staking::lock_bond(&pool, 1), ix::staking::release_bond(&pool, 1)]);
    assert_eq!(w.pool(&liar).weight.now, 0);
    w.ok(&[ix::staking::sync_weight(&pool)]);
    let epoch = w.now as u64 / 100;
    let free = w.pool(&liar);
    assert_eq!((free.weight.now, free.counted), (free.active, free.active));
    assert_eq!((free.weight.effective(epoch), free.weight.effective(epoch + 1)), (0, free.active));
    w.ok(&[ix::staking::redelegate(&d, &liar, &a, 1_000)]);
}

/// A ghost is no crime: its bond is gone, but it is not in jail.
#[test]
fn a_ghost_is_not_jailed() {
    let mut w = World::with_operators(3);
    w.set_staking(|p| p.jail_seconds = 300);
    let (alice, ghost) = (w.alice, w.operators[0]);
    let job = w.open(&alice, 1);
    w.claim(&job, &ghost);
    w.tick(SEAL + 1, 1);
    let receipt = w.expire_seat(&job, &ghost);
    assert_eq!(receipt.event("Slashed").u64("amount"), BOND);
    assert!(w.pool(&ghost).jailed_until == 0 && w.pool(&ghost).weight.now == STAKE - BOND);
}

/// A second, shorter sentence does not end the first.
#[test]
fn jail_only_grows() {
    let mut w = World::with_operators(1);
    let a = w.operators[0];
    w.set_staking(|p| p.jail_seconds = 1_000);
    let until = w.punish(&a, 0, true).jailed_until;
    w.set_staking(|p| p.jail_seconds = 10);
    w.at(until - 500);
    w.refused(&[ix::staking::lock_bond(&addresses::pool(&a), 1)], StakingError::Jailed);
    w.locks_are_exposures = false;
    let slash = w.punishment(&a, 0, true);
    w.ok(&[slash]);
    assert_eq!(w.pool(&a).jailed_until, until);
}

/// While a dispute is open nothing leaves the pool by any way, not even a ripe ticket; the rest goes on.
#[test]
fn open_case_holds_everything() {
    let (mut w, [a, _, c], d) = with_delegator();
    let pool = addresses::pool(&c);
    w.locks_are_exposures = false;
    w.ok(&[ix::staking::open_position(&a, &d, 0)]);
    w.ok(&[ix::staking::undelegate(&c, &d, 0, 1_000)]);
    w.tick(1_000, 0);
    w.ok(&[ix::staking::open_case(&pool)]);
    w.ok(&[ix::staking::open_case(&pool)]);
    for cases in [2, 1] {
        assert_eq!(w.pool(&c).open_cases, cases);
        for call in [
            ix::staking::withdraw_of(&c, &d, 0),
            ix::staking::undelegate(&c, &d, 1, 1_000),
            ix::staking::redelegate(&d, &c, &a, 1_000),
            ix::staking::close_pool(&c),
        ] {
            w.refused(&[call], StakingError::CaseOpen);
        }
        w.ok(&[ix::staking::stake(&c, 5)]);
        w.ok(&[ix::staking::lock_bond(&pool, 5), ix::staking::release_bond(&pool, 5)]);
        w.ok(&[ix::staking::close_case(&pool)]);
    }
    w.refused(&[ix::staking::close_case(&pool)], StakingError::NoCase);
    w.ok(&[ix::staking::withdraw_of(&c, &d, 0)]);
    w.ok(&[ix::staking::redelegate(&d, &c, &a, 1_000)]);
}

/// Moving: every base unit arrives, the weights follow, the vaults hold it; not into its own pool, nor from or to
/// positions of others.
#[test]
fn redelegate() {
    let (mut w, [a, _, c], d) = with_delegator();
    let refuse_same = ix::staking::redelegate(&d, &c, &c, 1_000);
    // 2040: Anchor takes no account twice.
    w.refused(&[refuse_same], 2040_u32);
    w.refused(&[ix::staking::redelegate(&d, &c, &a, 1_000)], 3012_u32);
    w.ok(&[ix::staking::open_position(&a, &d, 0)]);
    let moved = w.ok(&[ix::staking::redelegate(&d, &c, &a, u128::from(STAKE))]);
    assert_eq!(moved.event("Redelegated").u64("amount"), STAKE);
    let (from, to) = (w.pool(&c), w.pool(&a));
    assert_eq!((from.active, from.weight.now, from.counted), (STAKE, STAKE, STAKE));
    assert_eq!((to.active, to.weight.now, to.counted), (2 * STAKE, 2 * STAKE, 2 * STAKE));
    assert_eq!((to.self_shares, w.position(&a, &d).shares), (u128::from(STAKE), u128::from(STAKE)));
    assert_eq!(w.chain.tokens(&addresses::pool_vault(&addresses::pool(&a))), 2 * STAKE);
    assert_eq!(w.totals().weight.now, 4 * STAKE);
    // Of another's position, to another's position.
    w.next_epoch(1);
    let positions = [4, 7];
    for index in positions {
        let mut call = ix::staking::redelegate(&d, &a, &c, 1_000);
        let pool = addresses::pool(if index == 4 { &a } else { &c });
        call.accounts[index].pubkey = addresses::position(&pool, if index == 4 { &a } else { &c });
        w.refused(&[call], StakingError::NotOwner);
    }
    // From a pool that the position is not of.
    let mut call = ix::staking::redelegate(&d, &a, &c, 1_000);
    call.accounts[4].pubkey = addresses::position(&addresses::pool(&c), &d);
    call.accounts[7].pubkey = addresses::position(&addresses::pool(&a), &d);
    w.refused(&[call], StakingError::WrongAddress);
}

/// An operator's own stake in another's pool is a delegator's there; its own pool without it weighs nothing.
#[test]
fn an_operator_that_leaves_its_pool() {
    let (mut w, [a, _, c], d) = with_delegator();
    w.ok(&[ix::staking::open_position(&a, &c, 0)]);
    let left = 100 * ASY - 1;
    w.ok(&[ix::staking::redelegate(&c, &c, &a, u128::from(STAKE - left))]);
    let pool = w.pool(&c);
    assert_eq!((pool.active, pool.self_stake(), pool.weight.now), (STAKE + left, left, 0));
    assert_eq!(w.pool(&a).self_stake(), STAKE);
    // A delegator's more does not help, the operator's one base unit does.
    w.ok(&[ix::staking::delegate(&c, &d, 5)]);
    assert_eq!(w.pool(&c).weight.now, 0);
    w.ok(&[ix::staking::stake(&c, 1)]);
    assert_eq!(w.pool(&c).weight.now, STAKE + left + 6);
}

/// Who delegates first to a pool that was slashed almost to nothing pays and gets a fair price, whatever was given to
/// the vault before.
#[test]
fn first_depositor_inflation() {
    let mut w = World::with_operators(1);
    let a = w.operators[0];
    w.punish(&a, STAKE - 1, false);
    let (mallory, vault) = (w.mallory, addresses::pool_vault(&addresses::pool(&a)));
    w.mint_asy(&mallory, 1_000 * ASY);
    w.transfer(&mallory, &ASY_MINT, &vault, 1_000 * ASY);
    let victim = w.delegator("victim", &a, STAKE);
    let pool = w.pool(&a);
    assert!(u128::from(pool.active) <= pool.active_shares);
    assert_eq!(w.position(&a, &victim).worth(&pool).unwrap(), STAKE);
    // The other way about: shares cannot be made dear by odd ways out either.
    w.next_epoch(1);
    for (nonce, shares) in [1_u128, 3, 7, 1_000_003, 999_999_999_999].into_iter().enumerate() {
        let _ = w.send(&[ix::staking::undelegate(&a, &victim, nonce as u64, shares * 1_000_000_007)]);
        let pool = w.pool(&a);
        assert!(u128::from(pool.active) <= pool.active_shares && u128::from(pool.cooling) <= pool.cooling_shares);
    }
    let late = w.delegator("late", &a, 7);
    assert!(w.position(&a, &late).worth(&w.pool(&a)).unwrap() >= 6);
}
