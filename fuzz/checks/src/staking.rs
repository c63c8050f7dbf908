//! Shares, slashes and the draw: nobody gains by rounding, nothing is lost, more weight never makes a draw worse.

use anchor_lang::prelude::Pubkey;
use assay_staking::{Most, Weight, math, sortition};

pub fn check(data: &[u8]) {
    let Some((a, b, c, d, e)) = crate::read::<(u64, u64, u128, u128, u64)>(data) else { return };
    shares(a, b, c, d);
    slashes(a, b, e, (c as u16, d as u16));
    draws(a, b, e, c as i64);
    weights(a, b, e);
    rewards(a, c, d);
}

fn shares(amount: u64, total: u64, all: u128, some: u128) {
    // More shares than a pool may ever have.
    if all >= 1 << 120 {
        assert_eq!((math::amount_for(some, total, all), math::shares_for(amount, total.max(1), all)), (None, None));
        return;
    }
    if all == 0 || total == 0 {
        assert_eq!(math::shares_for(amount, total, 0), Some(u128::from(amount)));
        return;
    }
    if let Some(worth) = math::amount_for(some, total, all) {
        assert!(some <= all && worth <= total, "a part is worth more than the whole");
        let rest = math::amount_for(all - some, total, all).expect("the rest is worth something, too");
        assert!(u128::from(worth) + u128::from(rest) <= u128::from(total), "parts are worth more than the whole");
    } else {
        assert!(some > all);
    }
    let Some(bought) = math::shares_for(amount, total, all) else { return };
    let (Some(after), Some(shares)) = (total.checked_add(amount), all.checked_add(bought)) else { return };
    let back = math::amount_for(bought, after, shares).expect("a part of the shares");
    assert!(back <= amount, "buying and selling gained {}", back - amount);
    // What the others hold must not lose by it.
    let others = math::amount_for(all, after, shares).expect("a part of the shares");
    if bought > 0 && all.checked_mul(u128::from(after)).is_some() {
        assert!(others >= total, "the others lost {} when {amount} came in", total - others);
    }
}

fn slashes(amount: u64, active: u64, cooling: u64, (harmed, caller): (u16, u16)) {
    match math::split_slash(amount, active, cooling) {
        Some((a, c)) => {
            assert!(a <= active && c <= cooling);
            assert_eq!(u128::from(a) + u128::from(c), u128::from(amount));
        }
        None => assert!(u128::from(amount) > u128::from(active) + u128::from(cooling)),
    }
    let most = Most { harmed: active, caller: cooling };
    for most in [most, Most::UNBOUNDED, Most::NOTHING] {
        match math::split_proceeds(amount, harmed, caller, most) {
            Some((b, h, c)) => {
                assert_eq!(u128::from(b) + u128::from(h) + u128::from(c), u128::from(amount));
                assert!(h <= most.harmed && c <= most.caller, "more than the most");
            }
            None => assert!(u32::from(harmed) + u32::from(caller) > 10_000),
        }
    }
}

fn draws(weight: u64, total: u64, k: u64, seconds: i64) {
    let job = Pubkey::new_from_array([weight as u8; 32]);
    let draw = sortition::draw(&[k as u8; 32], sortition::ROLE_SEAT, &job, &job);
    if sortition::eligible(draw, k, weight, total) {
        assert!(weight > 0 && total > 0);
        assert!(sortition::eligible(draw, k.saturating_add(1), weight, total), "a wider draw excludes");
        assert!(sortition::eligible(draw, k, weight.saturating_add(1), total), "more weight excludes");
        assert!(sortition::eligible(draw / 2, k, weight, total), "a lower draw excludes");
    }
    let wide = sortition::widened(k, seconds, 30);
    assert!(wide >= k && wide <= sortition::widened(k, seconds.saturating_add(30), 30), "the draw narrows with time");
    assert!(sortition::with_reputation(weight, (k % 10_001) as u16) <= weight);
}

fn weights(first: u64, second: u64, epoch: u64) {
    let mut weight = Weight::default();
    let Some(next) = epoch.checked_add(1) else { return };
    weight.set(epoch, first);
    weight.set(next, second);
    assert_eq!((weight.settled(next), weight.now), (first, second));
    assert!(weight.effective(next) == first.min(second), "new stake weighs at once, or lost stake still does");
}

/// What two parts earn is never more than what came in for the whole.
fn rewards(amount: u64, all: u128, some: u128) {
    let Some(per_unit) = math::per_unit(amount, all) else { return assert_eq!(all, 0) };
    let part = some % all.saturating_add(1).max(1);
    let (one, other) = (math::earned(per_unit, part), math::earned(per_unit, all - part));
    assert!(u128::from(one) + u128::from(other) <= u128::from(amount), "{one} + {other} of {amount}");
    assert!(math::earned(per_unit, part / 2) <= one, "less stake earns more");
}
