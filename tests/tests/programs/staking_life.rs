//! The life of pools, positions and tickets: who may close what, where rent and tokens go, and what cannot come back.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    World,
    assay_sdk::{
        ASY, addresses, ix,
        staking::{MAX_LOCK_SECONDS, StakingError, Ticket},
        token::ASY_MINT,
    },
    world::*,
};

const SHARES: u128 = STAKE as u128;

/// An operator and a delegator with 5,000 ASY each, which may leave.
fn two() -> (World, Pubkey, Pubkey) {
    let mut w = World::with_operators(2);
    let a = w.operators[0];
    let d = w.delegator("d", &a, STAKE);
    w.next_epoch(1);
    (w, a, d)
}

/// Everything back to where it came from, lamports too; and nothing before all is out.
#[test]
fn a_pool_from_open_to_close() {
    let (mut w, a, d) = two();
    let pool = addresses::pool(&a);
    let addresses_of_it =
        [pool, addresses::pool_vault(&pool), addresses::position(&pool, &a), addresses::position(&pool, &d)];
    w.mint_asy(&d, 1_000);
    w.ok(&[ix::staking::fund_rewards(&d, 1_000)]);
    w.ok(&[ix::staking::undelegate(&a, &d, 0, SHARES)]);
    w.ok(&[ix::staking::request_unstake(&a, 0, SHARES)]);
    w.refused(&[ix::staking::close_pool(&a)], StakingError::NotEmpty);
    w.refused(&[ix::staking::close_position(&a, &d)], StakingError::NotEmpty);
    w.tick(1_000, 0);
    let (before, stranger) = (w.chain.lamports(&d), w.mallory);
    let rent = w.chain.lamports(&addresses::ticket(&pool, &d, 0));
    // Nobody but their owners needs to do anything: a stranger sends both tickets home.
    w.ok(&[ix::staking::withdraw_of(&a, &d, 0)]);
    assert_eq!(w.chain.lamports(&d), before + rent);
    w.ok(&[ix::staking::withdraw(&a, 0)]);
    w.refused(&[ix::staking::close_pool(&a)], StakingError::NotEmpty);
    let _ = w.send(&[ix::staking::claim_rewards(&a, &d)]);
    let _ = w.send(&[ix::staking::claim_rewards(&a, &a)]);
    w.ok(&[ix::staking::close_position(&a, &d)]);
    w.refused(&[ix::staking::close_position(&a, &a)], StakingError::OwnPosition);
    w.transfer(&d, &ASY_MINT, &addresses::pool_vault(&pool), 77);
    let mut by_stranger = ix::staking::close_pool(&a);
    by_stranger.accounts[0].pubkey = stranger;
    w.refused(&[by_stranger], StakingError::NotOperator);
    let (asy, lamports) = (w.asy_of(&a), w.chain.lamports(&a));
    let held: u64 = addresses_of_it.iter().map(|address| w.chain.lamports(address)).sum();
    let closed = w.ok(&[ix::staking::close_pool(&a)]);
    assert_eq!(closed.event("PoolClosed").u64("surplus"), 77);
    assert_eq!((w.asy_of(&a), w.chain.lamports(&a)), (asy + 77, lamports + held));
    for address in addresses_of_it {
        assert_eq!(w.chain.account(&address), None);
    }
    assert_eq!((w.totals().weight.now, w.totals().staked), (STAKE, STAKE));
}

/// What still keeps a pool open, one by one.
#[test]
fn a_pool_with_something_in_it_stays() {
    let (mut w, a, d) = two();
    w.ok(&[ix::staking::request_unstake(&a, 0, SHARES)]);
    w.tick(1_000, 0);
    w.ok(&[ix::staking::withdraw(&a, 0)]);
    // The delegator's stake, then its ticket, then its empty position.
    w.refused(&[ix::staking::close_pool(&a)], StakingError::NotEmpty);
    w.ok(&[ix::staking::undelegate(&a, &d, 0, SHARES)]);
    w.refused(&[ix::staking::close_pool(&a)], StakingError::NotEmpty);
    w.tick(1_000, 0);
    w.ok(&[ix::staking::withdraw_of(&a, &d, 0)]);
    w.refused(&[ix::staking::close_pool(&a)], StakingError::NotEmpty);
    w.ok(&[ix::staking::close_position(&a, &d)]);
    w.ok(&[ix::staking::close_pool(&a)]);
}

/// A sentence is served: the pool cannot close in jail to open again free.
#[test]
fn a_pool_in_jail_does_not_close() {
    let mut w = World::with_operators(1);
    w.set_staking(|p| p.jail_seconds = 10_000);
    let a = w.operators[0];
    w.punish(&a, STAKE, true);
    w.refused(&[ix::staking::close_pool(&a)], StakingError::Jailed);
    assert_eq!(w.send(&[ix::staking::open_pool(&a)]).unwrap_err().name, "InvalidInstructionData", "it is taken");
    w.tick(10_000, 0);
    w.ok(&[ix::staking::close_pool(&a)]);
}

/// A closed account made again in the same transaction starts from nothing: no shares, no rewards, no ticket.
#[test]
fn close_then_revive_in_one_tx() {
    let (mut w, a, d) = two();
    w.mint_asy(&d, 1_000);
    w.ok(&[ix::staking::fund_rewards(&d, 1_000)]);
    w.ok(&[ix::staking::undelegate(&a, &d, 0, SHARES)]);
    w.next_epoch(0);
    let close = ix::staking::close_position(&a, &d);
    let open = ix::staking::open_position(&a, &d, 0);
    // With a ticket outside the position stays, so that its nonce cannot come again.
    w.refused(&[close.clone(), open.clone()], StakingError::NotEmpty);
    w.tick(1_000, 0);
    let withdraw = ix::staking::withdraw_of(&a, &d, 0);
    w.refused(&[withdraw.clone(), withdraw.clone()], 3012_u32);
    w.ok(std::slice::from_ref(&withdraw));
    let _ = w.send(&[ix::staking::claim_rewards(&a, &d)]);
    w.ok(&[close, open]);
    let position = w.position(&a, &d);
    assert_eq!((position.shares, position.owed, position.next_ticket, position.tickets), (0, 0, 0, 0));
    assert_eq!((w.pool(&a).positions, w.pool(&a).tickets), (2, 0));
    w.refused(&[withdraw], 3012_u32);
    w.refused(&[ix::staking::claim_rewards(&a, &d)], StakingError::NothingToClaim);
    // A pool of the same address: old rewards are not paid again, nor old shares.
    let b = w.operators[1];
    w.ok(&[ix::staking::request_unstake(&b, 0, w.position(&b, &b).shares)]);
    w.tick(1_000, 0);
    w.ok(&[ix::staking::withdraw(&b, 0)]);
    let _ = w.send(&[ix::staking::claim_rewards(&b, &b)]);
    w.ok(&[ix::staking::close_pool(&b), ix::staking::open_pool(&b)]);
    w.refused(&[ix::staking::claim_rewards(&b, &b)], StakingError::NothingToClaim);
    w.refused(&[ix::staking::request_unstake(&b, 0, 1)], StakingError::NotEnoughShares);
    w.ok(&[ix::staking::stake(&b, STAKE)]);
    w.refused(&[ix::staking::claim_rewards(&b, &b)], StakingError::NothingToClaim);
}

/// Rent and tokens go to the owner, whoever sends the call.
#[test]
fn close_to_wrong_recipient() {
    let (mut w, a, d) = two();
    w.ok(&[ix::staking::undelegate(&a, &d, 0, SHARES)]);
    w.tick(1_000, 0);
    let mallory = w.mallory;
    let swapped = |index: usize, by: Pubkey| {
        let mut call = ix::staking::withdraw_of(&a, &d, 0);
        call.accounts[index].pubkey = by;
        call
    };
    w.refused(&[swapped(0, mallory)], StakingError::NotOwner);
    w.refused(&[swapped(5, addresses::ata(&mallory, &ASY_MINT))], 2015_u32);
    w.refused(&[swapped(2, addresses::position(&addresses::pool(&a), &a))], StakingError::NotOwner);
    w.ok(&[ix::staking::withdraw_of(&a, &d, 0)]);
    let mut close = ix::staking::close_position(&a, &d);
    close.accounts[0].pubkey = mallory;
    w.refused(&[close], StakingError::NotOwner);
}

/// A stranger may not send a ticket or a reward to an account from which the owner let somebody else spend; the owner may.
#[test]
fn withdraw_to_a_delegated_account() {
    let (mut w, a, d) = two();
    w.ok(&[ix::staking::undelegate(&a, &d, 0, SHARES)]);
    w.tick(1_000, 0);
    let (ata, mallory) = (addresses::ata(&d, &ASY_MINT), w.mallory);
    // SPL Token's Approve.
    w.ok(&[token_instruction(4, u64::MAX, &[(ata, true, false), (mallory, false, false), (d, false, true)])]);
    let mut withdraw = ix::staking::withdraw_of(&a, &d, 0);
    w.refused(&[withdraw.clone()], StakingError::DelegatedAccount);
    withdraw.accounts[0].is_signer = true;
    w.ok(&[withdraw]);
}

/// `deadline_minus_1_s` and `deadline_plus_1_s` of unbonding and of a vote's lock, which only grows.
#[test]
fn deadlines_of_tickets_and_votes() {
    let (mut w, a, d) = two();
    let b = w.operators[1];
    let position = addresses::position(&addresses::pool(&a), &d);
    w.ok(&[ix::staking::open_position(&b, &d, 0)]);
    let end = w.now + 500;
    w.ok(&[ix::staking::lock_position(&position, end)]);
    w.ok(&[ix::staking::lock_position(&position, end - 100)]);
    w.refused(&[ix::staking::lock_position(&position, w.now + MAX_LOCK_SECONDS + 1)], StakingError::LockTooLong);
    w.refused(&[ix::staking::lock_position(&position, i64::MAX)], StakingError::LockTooLong);
    w.at(end - 1);
    let leave = ix::staking::undelegate(&a, &d, 0, 1_000);
    w.refused(std::slice::from_ref(&leave), StakingError::VoteLocked);
    w.refused(&[ix::staking::redelegate(&d, &a, &b, 1_000)], StakingError::VoteLocked);
    // More stake may come in, others may leave.
    w.ok(&[ix::staking::request_unstake(&a, 0, 1_000)]);
    w.at(end);
    w.ok(&[leave]);
    let ticket: Ticket = w.chain.read(&addresses::ticket(&addresses::pool(&a), &d, 0));
    assert_eq!(ticket.ready_at, end + 1_000);
    w.at(ticket.ready_at - 1);
    w.refused(&[ix::staking::withdraw_of(&a, &d, 0)], StakingError::StillUnbonding);
    w.at(ticket.ready_at);
    w.ok(&[ix::staking::withdraw_of(&a, &d, 0)]);
}

/// A vote that is open keeps its position, and the pool that it is in, even once nothing is left in it: one that was opened
/// anew could vote again.
#[test]
fn an_empty_position_stays_while_its_vote_is_open() {
    let (mut w, a, _) = two();
    let (pool, until) = (addresses::pool(&a), w.now + 500);
    let late = w.holder("late", ASY);
    w.ok(&[ix::staking::open_position(&a, &late, 0)]);
    for owner in [late, a] {
        w.ok(&[ix::staking::lock_position(&addresses::position(&pool, &owner), until)]);
    }
    w.at(until - 1);
    w.refused(&[ix::staking::close_position(&a, &late)], StakingError::VoteLocked);
    w.refused(&[ix::staking::close_pool(&a)], StakingError::VoteLocked);
    w.at(until);
    w.ok(&[ix::staking::close_position(&a, &late)]);
    w.refused(&[ix::staking::close_pool(&a)], StakingError::NotEmpty);
}

/// The longest lock there is ends.
#[test]
fn a_vote_holds_nobody_for_ever() {
    let (mut w, a, d) = two();
    let position = addresses::position(&addresses::pool(&a), &d);
    let until = w.now + MAX_LOCK_SECONDS;
    w.ok(&[ix::staking::lock_position(&position, until)]);
    w.at(until);
    w.ok(&[ix::staking::undelegate(&a, &d, 0, SHARES)]);
}

/// What a position cannot do before, or twice: open, stake, unstake, withdraw, close in any other order.
#[test]
fn out_of_order_transition() {
    let (mut w, a, d) = two();
    let late = w.holder("late", ASY);
    // 3012: no such account. The runtime's own error: the address is taken.
    for call in [
        ix::staking::delegate(&a, &late, 5),
        ix::staking::undelegate(&a, &late, 0, 5),
        ix::staking::claim_rewards(&a, &late),
        ix::staking::withdraw_of(&a, &late, 0),
        ix::staking::close_position(&a, &late),
    ] {
        w.refused(&[call], 3012_u32);
    }
    for call in [ix::staking::open_position(&a, &d, 0), ix::staking::open_pool(&a)] {
        assert_eq!(w.send(&[call]).unwrap_err().name, "InvalidInstructionData");
    }
    // A ticket's number cannot be chosen.
    w.refused(&[ix::staking::undelegate(&a, &d, 1, 5)], 2006_u32);
    w.ok(&[ix::staking::undelegate(&a, &d, 0, 5)]);
    w.refused(&[ix::staking::undelegate(&a, &d, 0, 5)], 2006_u32);
}

/// A position whose shares a slash made worth nothing does not keep the pool open: anybody may close it.
#[test]
fn worthless_shares_close() {
    let mut w = World::with_operators(1);
    let a = w.operators[0];
    let d = w.delegator("d", &a, 10);
    w.punish(&a, STAKE - STAKE / 100, false);
    assert_eq!((w.position(&a, &d).shares, w.position(&a, &d).worth(&w.pool(&a)).unwrap()), (10, 0));
    w.next_epoch(1);
    w.refused(&[ix::staking::undelegate(&a, &d, 0, 10)], StakingError::TooSmall);
    let before = w.pool(&a);
    w.ok(&[ix::staking::close_position(&a, &d)]);
    let after = w.pool(&a);
    assert_eq!((after.active, after.active_shares), (before.active, before.active_shares - 10));
}
