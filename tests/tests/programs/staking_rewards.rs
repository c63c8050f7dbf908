//! Rewards and commission: where they come from, who gets them, and who would like to.

use assay_tests::{
    World,
    assay_sdk::{
        ASY, addresses, ix,
        staking::{REWARDS_VAULT, StakingError},
        token::ASY_MINT,
    },
    staking::EPOCH,
    world::*,
};

const REWARD: u64 = 1_000 * ASY;
/// Base units that a whole reward loses: it is rounded down per unit of weight, per pool and per share.
const DUST: u64 = 2;

/// Two operators with 5,000 ASY each, and alice, who funds.
fn funded() -> (World, [anchor_lang::prelude::Pubkey; 2], anchor_lang::prelude::Pubkey) {
    let mut w = World::with_operators(2);
    let funder = w.alice;
    w.mint_asy(&funder, 10 * REWARD);
    let both = [w.operators[0], w.operators[1]];
    (w, both, funder)
}

/// Rewards go by weight, in a pool by shares; the operator's commission first.
#[test]
fn rewards_go_by_weight_and_share() {
    let (mut w, [a, b], funder) = funded();
    let d = w.delegator("d", &a, STAKE);
    w.chain.fund(&d, WALLET);
    w.ok(&[ix::staking::set_commission(&b, 0)]);
    w.next_epoch(0);
    w.ok(&[ix::staking::fund_rewards(&funder, 900)]);
    assert_eq!((w.rewards(), w.totals().pending), (900, 900));
    // Nothing is earned before the epoch ends.
    for (pool, owner) in [(a, a), (a, d), (b, b)] {
        w.refused(&[ix::staking::claim_rewards(&pool, &owner)], StakingError::NothingToClaim);
    }
    w.next_epoch(0);
    let claimed = [(a, a), (a, d), (b, b)].map(|(pool, owner)| w.claim_rewards(&pool, &owner).0);
    assert_eq!(claimed, [299, 299, 300 - DUST]);
    assert_eq!(w.rewards(), 4);
    assert_eq!(w.asy_of(&d), STAKE + 299);
}

/// A second claim finds nothing, in the same transaction and later; nor does one by another name.
#[test]
fn double_claim() {
    let (mut w, [a, b], funder) = funded();
    let d = w.delegator("d", &a, STAKE);
    w.ok(&[ix::staking::fund_rewards(&funder, REWARD)]);
    w.next_epoch(0);
    let claim = ix::staking::claim_rewards(&a, &d);
    w.refused(&[claim.clone(), claim.clone()], StakingError::NothingToClaim);
    assert_eq!(w.asy_of(&d), STAKE, "the whole transaction failed");
    w.ok(std::slice::from_ref(&claim));
    w.refused(std::slice::from_ref(&claim), StakingError::NothingToClaim);
    w.next_epoch(0);
    w.refused(&[claim], StakingError::NothingToClaim);
    // Leaving and coming back does not bring the old rewards back.
    w.next_epoch(1);
    w.ok(&[ix::staking::undelegate(&a, &d, 0, u128::from(STAKE))]);
    w.ok(&[ix::staking::delegate(&a, &d, STAKE)]);
    w.refused(&[ix::staking::claim_rewards(&a, &d)], StakingError::NothingToClaim);
    // A position of another pool, another owner's account, another vault.
    let mut wrong = ix::staking::claim_rewards(&b, &b);
    wrong.accounts[4].pubkey = addresses::position(&addresses::pool(&a), &a);
    w.refused(&[wrong], StakingError::WrongAddress);
    let mut wrong = ix::staking::claim_rewards(&a, &a);
    wrong.accounts[6].pubkey = addresses::ata(&w.mallory, &ASY_MINT);
    w.refused(&[wrong], 2015_u32);
    let mut wrong = ix::staking::claim_rewards(&a, &a);
    wrong.accounts[5].pubkey = addresses::pool_vault(&addresses::pool(&a));
    w.refused(&[wrong], StakingError::WrongAddress);
}

/// Stake that comes in the last second of an epoch gets at most what the next end of an epoch brings, and is bound for
/// the whole epoch after, and for the time of unbonding, in which it earns nothing: less than if it had stayed.
#[test]
fn flash_stake_reward() {
    let (mut w, [a, ..], funder) = funded();
    w.ok(&[ix::staking::fund_rewards(&funder, REWARD)]);
    w.next_epoch(0);
    // The reward of the epoch that just ended is not for who comes now, in whatever order.
    let flash = w.holder("flash", 100 * STAKE);
    let (open, stake) = (ix::staking::open_position(&a, &flash, 0), ix::staking::delegate(&a, &flash, 100 * STAKE));
    w.ok(&[open, stake]);
    let leave = ix::staking::undelegate(&a, &flash, 0, u128::from(STAKE));
    w.refused(&[ix::staking::claim_rewards(&a, &flash)], StakingError::NothingToClaim);
    w.refused(std::slice::from_ref(&leave), StakingError::TooFresh);
    w.tick(EPOCH - 1, 0);
    w.refused(&[ix::staking::claim_rewards(&a, &flash)], StakingError::NothingToClaim);
    w.refused(std::slice::from_ref(&leave), StakingError::TooFresh);
    // Not after the next end of an epoch either: to the last second of the second epoch.
    w.tick(EPOCH, 0);
    w.refused(std::slice::from_ref(&leave), StakingError::TooFresh);
    w.tick(1, 0);
    w.ok(&[leave]);
    // The old reward is whole for those it was for.
    assert_eq!(w.claim_rewards(&a, &a).0, REWARD / 2 - DUST);
}

/// The same within one transaction: stake, roll, claim, leave.
#[test]
fn epoch_boundary_gaming() {
    let (mut w, [a, b], funder) = funded();
    let late = w.holder("late", STAKE);
    w.ok(&[ix::staking::open_position(&a, &late, 0)]);
    w.ok(&[ix::staking::fund_rewards(&funder, REWARD)]);
    w.next_epoch(0);
    let stake = ix::staking::delegate(&a, &late, STAKE);
    let advance = ix::staking::advance_epoch();
    let claim = ix::staking::claim_rewards(&a, &late);
    w.refused(&[stake.clone(), claim.clone()], StakingError::NothingToClaim);
    w.refused(&[advance.clone(), stake.clone(), claim], StakingError::NothingToClaim);
    w.refused(&[stake.clone(), ix::staking::undelegate(&a, &late, 0, 1)], StakingError::TooFresh);
    // Topping up binds all that is there anew; so does moving it.
    w.ok(&[stake]);
    w.next_epoch(1);
    w.ok(&[ix::staking::open_position(&b, &late, 0)]);
    w.ok(&[ix::staking::redelegate(&late, &a, &b, u128::from(STAKE))]);
    w.refused(&[ix::staking::undelegate(&b, &late, 0, 1)], StakingError::TooFresh);
    w.refused(&[ix::staking::redelegate(&late, &b, &a, 1)], StakingError::TooFresh);
    // Moving it earned it no epoch twice.
    let before = w.rewards();
    w.ok(&[ix::staking::claim_rewards(&a, &a), ix::staking::claim_rewards(&b, &b)]);
    assert!(before - w.rewards() <= REWARD);
}

/// A gift to a pool's vault is nobody's; one to the rewards vault is everybody's, and only when it is found.
#[test]
fn donation_changes_no_accounting() {
    let (mut w, [a, b], funder) = funded();
    let vault = addresses::pool_vault(&addresses::pool(&a));
    w.transfer(&funder, &ASY_MINT, &vault, REWARD);
    assert_eq!((w.pool(&a).active, w.position(&a, &a).worth(&w.pool(&a)).unwrap()), (STAKE, STAKE));
    w.transfer(&funder, &ASY_MINT, &REWARDS_VAULT, REWARD);
    assert_eq!(w.totals().accounted, 0);
    w.next_epoch(0);
    w.refused(&[ix::staking::claim_rewards(&a, &a)], StakingError::NothingToClaim);
    let found = w.ok(&[ix::staking::advance_epoch()]);
    assert_eq!(found.event("EpochAdvanced").u64("found"), REWARD);
    // Found now, it waits for the end of this epoch; and it is found once.
    w.refused(&[ix::staking::claim_rewards(&a, &a)], StakingError::NothingToClaim);
    w.refused(&[ix::staking::advance_epoch()], StakingError::NothingToDo);
    w.next_epoch(0);
    let rolled = w.ok(&[ix::staking::advance_epoch()]);
    assert_eq!(
        (rolled.event("EpochAdvanced").u64("found"), rolled.event("EpochAdvanced").u64("distributed")),
        (0, REWARD)
    );
    for operator in [a, b] {
        assert_eq!(w.claim_rewards(&operator, &operator).0, REWARD / 2 - DUST);
    }
}

/// Of several epochs in which nobody wrote the totals each distributes what was there before, once.
#[test]
fn idle_epochs_lose_nothing() {
    let (mut w, [a, b], funder) = funded();
    w.ok(&[ix::staking::fund_rewards(&funder, 1_000)]);
    w.tick(50 * EPOCH, 0);
    w.ok(&[ix::staking::fund_rewards(&funder, 500)]);
    assert_eq!((w.totals().distributed, w.totals().pending), (1_000, 500));
    w.tick(50 * EPOCH, 0);
    assert_eq!([w.claim_rewards(&a, &a).0, w.claim_rewards(&b, &b).0], [750 - DUST, 750 - DUST]);
}

/// Without weight nothing is distributed: it waits for the first who has some.
#[test]
fn rewards_wait_for_weight() {
    let mut w = World::empty();
    let funder = w.holder("funder", REWARD);
    w.ok(&[ix::staking::fund_rewards(&funder, REWARD)]);
    w.next_epoch(0);
    w.ok(&[ix::staking::advance_epoch()]);
    assert_eq!((w.totals().pending, w.totals().acc), (REWARD, 0));
    let a = w.add_operator("a", STAKE);
    w.refused(&[ix::staking::claim_rewards(&a, &a)], StakingError::NothingToClaim);
    w.next_epoch(0);
    assert_eq!(w.claim_rewards(&a, &a).0, REWARD - DUST);
}

#[test]
fn zero_amount() {
    let (mut w, [a, _], funder) = funded();
    w.refused(&[ix::staking::fund_rewards(&funder, 0)], StakingError::ZeroAmount);
    w.refused(&[ix::staking::redelegate(&a, &a, &w.operators[1].clone(), 0)], 3012_u32);
}

#[test]
fn max_u64() {
    let (mut w, [a, b], funder) = funded();
    // 1 is SPL Token's InsufficientFunds.
    w.refused(&[ix::staking::fund_rewards(&funder, u64::MAX)], 1_u32);
    let d = w.delegator("d", &a, STAKE);
    w.ok(&[ix::staking::open_position(&b, &d, 0)]);
    w.next_epoch(1);
    w.refused(&[ix::staking::redelegate(&d, &a, &b, u128::MAX)], StakingError::NotEnoughShares);
    w.refused(&[ix::staking::undelegate(&a, &d, 0, u128::MAX)], StakingError::NotEnoughShares);
    w.refused(&[ix::staking::undelegate(&a, &d, 0, u128::from(STAKE) + 1)], StakingError::NotEnoughShares);
}

/// The operator's share, at the rate of the time; never more than the most that is allowed now.
#[test]
fn commission() {
    let mut w = World::empty();
    let a = w.holder("a", STAKE);
    w.refused(&[ix::staking::open_pool_with(&a, 3_001)], StakingError::CommissionTooHigh);
    w.operators.push(a);
    w.ok(&[ix::staking::open_pool_with(&a, 1_000), ix::staking::stake(&a, STAKE)]);
    let d = w.holder("d", 2 * STAKE);
    w.refused(&[ix::staking::open_position(&a, &d, 999)], StakingError::CommissionTooHigh);
    w.ok(&[ix::staking::open_position(&a, &d, 1_000), ix::staking::delegate(&a, &d, STAKE)]);
    w.ok(&[ix::staking::fund_rewards(&d, 10_000)]);
    w.next_epoch(0);
    // Lowered now: what was earned was earned at the old rate.
    w.ok(&[ix::staking::set_commission(&a, 0)]);
    assert_eq!(w.claim_rewards(&a, &d), (4_499, 0));
    assert_eq!(w.claim_rewards(&a, &a), (4_499, 999));
    // Raised: a step at most, a day after the last change, and what was earned was earned at the old rate.
    w.ok(&[ix::staking::fund_rewards(&d, 10_000)]);
    w.tick(86_399, 0);
    w.refused(&[ix::staking::set_commission(&a, 25)], StakingError::CommissionTooFast);
    w.tick(1, 0);
    w.refused(&[ix::staking::set_commission(&a, 26)], StakingError::CommissionTooFast);
    w.ok(&[ix::staking::set_commission(&a, 25)]);
    w.refused(&[ix::staking::set_commission(&a, 26)], StakingError::CommissionTooFast);
    assert_eq!(w.claim_rewards(&a, &d), (4_999, 0));
    // Days do not add up.
    w.tick(100 * 86_400, 0);
    w.refused(&[ix::staking::set_commission(&a, 51)], StakingError::CommissionTooFast);
    let d_is_no_operator = {
        let mut call = ix::staking::set_commission(&a, 0);
        call.accounts[0].pubkey = d;
        call
    };
    w.refused(&[d_is_no_operator], StakingError::NotOperator);
    // The most that is allowed falls: for everybody, at once.
    w.set_staking(|p| (p.max_commission_bps, p.commission_step_bps) = (10, 25));
    w.refused(&[ix::staking::set_commission(&a, 11)], StakingError::CommissionTooHigh);
    w.ok(&[ix::staking::fund_rewards(&d, 100_000)]);
    w.next_epoch(0);
    w.ok(&[ix::staking::claim_rewards(&a, &d)]);
    assert_eq!(w.pool(&a).commission_due, 99);
}

/// A slash forfeits what it lowered, since the last time the pool was written; the rest of the market gets it.
#[test]
fn a_slash_forfeits_rewards() {
    let (mut w, [a, b], funder) = funded();
    w.ok(&[ix::staking::fund_rewards(&funder, REWARD)]);
    w.next_epoch(0);
    w.punish(&a, STAKE / 2, false);
    assert_eq!(w.claim_rewards(&a, &a).0, REWARD / 4 - DUST);
    assert_eq!(w.claim_rewards(&b, &b).0, REWARD / 2 - DUST);
    assert_eq!(w.totals().pending, REWARD / 4);
}

/// Every instruction of staking that a job does not need, alone in its transaction: for the table of costs.
pub fn every_instruction(w: &mut World) {
    let (authority, carol) = (w.authority, w.carol);
    let [a, b, c] = [w.operators[1], w.operators[2], w.operators[3]];
    w.ok(&[ix::staking::set_params(&authority, staking_params())]);
    w.ok(&[ix::staking::propose_authority(&authority, &carol)]);
    w.ok(&[ix::staking::accept_authority(&carol)]);
    w.ok(&[ix::staking::set_guardian(&carol, &authority)]);
    w.ok(&[ix::staking::set_paused(&authority, false)]);
    w.mint_asy(&carol, ASY);
    for operator in [a, b] {
        w.ok(&[ix::staking::open_position(&operator, &carol, 0)]);
    }
    w.ok(&[ix::staking::delegate(&a, &carol, 1_000)]);
    w.ok(&[ix::staking::fund_rewards(&carol, 100_000_000)]);
    w.next_epoch(1);
    w.ok(&[ix::staking::advance_epoch()]);
    w.ok(&[ix::staking::set_commission(&a, 0)]);
    w.ok(&[ix::staking::claim_rewards(&a, &a)]);
    w.ok(&[ix::staking::redelegate(&carol, &a, &b, w.position(&a, &carol).shares)]);
    w.ok(&[ix::staking::close_position(&a, &carol)]);
    let pool = addresses::pool(&c);
    // As verification would, but about no job.
    w.locks_are_exposures = false;
    w.ok(&[ix::staking::open_case(&pool)]);
    w.ok(&[ix::staking::close_case(&pool)]);
    w.ok(&[ix::staking::lock_position(&addresses::position(&pool, &c), w.now)]);
    let newcomer = w.mallory;
    w.ok(&[ix::staking::open_pool(&newcomer)]);
    w.ok(&[ix::staking::close_pool(&newcomer)]);
}
