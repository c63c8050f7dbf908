//! Pure arithmetic of the staking program: shares, slashes and rewards. All amounts are base units.
//!
//! A share starts at one base unit and rounding is always against who moves: that can never raise a share's price
//! above one (see the property tests), so there is no price to inflate.

use anchor_lang::{AnchorDeserialize, AnchorSerialize};

/// 100 %, in bps.
pub const BPS: u64 = 10_000;
/// More shares than a pool may have, so that products of shares can be taken apart.
pub const MAX_SHARES: u128 = 1 << 120;
/// Rewards per unit are kept times 2^64.
const ONE: u128 = 1 << 64;

/// Shares that `amount` buys, rounded down: never worth more than was paid.
/// The first shares of an empty pool cost one base unit each.
pub fn shares_for(amount: u64, total: u64, total_shares: u128) -> Option<u128> {
    let shares = match total_shares {
        0 => u128::from(amount),
        _ => u128::from(amount).checked_mul(total_shares)?.checked_div(u128::from(total))?,
    };
    (shares.checked_add(total_shares)? < MAX_SHARES).then_some(shares)
}

/// What `shares` are worth, rounded down: the rest stays with the others. All shares are worth exactly `total`.
pub fn amount_for(shares: u128, total: u64, total_shares: u128) -> Option<u64> {
    if shares > total_shares || total_shares >= MAX_SHARES {
        return None;
    }
    if shares == total_shares {
        return Some(total);
    }
    match shares.checked_mul(u128::from(total)) {
        Some(product) => u64::try_from(product.checked_div(total_shares)?).ok(),
        None => long_division(shares, total, total_shares),
    }
}

/// `a * b / c` for `a <= c < 2^120`, where the product has more than 128 bits: bit by bit, as on paper.
fn long_division(a: u128, b: u64, c: u128) -> Option<u64> {
    let (mut quotient, mut rest) = (0_u64, 0_u128);
    for bit in (0..u64::BITS).rev() {
        quotient = quotient.checked_mul(2)?;
        rest = rest.checked_mul(2)?;
        if b.checked_shr(bit)? & 1 == 1 {
            rest = rest.checked_add(a)?;
        }
        // At most two times: rest < 2c + c.
        while rest >= c {
            rest = rest.checked_sub(c)?;
            quotient = quotient.checked_add(1)?;
        }
    }
    Some(quotient)
}

/// What a unit gets of `amount` for `units`, times 2^64, rounded down. None for no units.
pub fn per_unit(amount: u64, units: u128) -> Option<u128> {
    u128::from(amount).checked_mul(ONE)?.checked_div(units)
}

/// What `units` get at `per_unit`, rounded down. It saturates rather than fail, so that no reward, however absurd, can
/// keep stake from leaving; what is paid is bounded by what is there.
pub fn earned(per_unit: u128, units: u128) -> u64 {
    let exact = || {
        let (high, low) = (per_unit.checked_div(ONE)?, per_unit.checked_rem(ONE)?);
        let (units_high, units_low) = (units.checked_div(ONE)?, units.checked_rem(ONE)?);
        // (high * 2^64 + low) * units / 2^64
        let least = low.checked_mul(units_low)?.checked_div(ONE)?;
        high.checked_mul(units)?.checked_add(low.checked_mul(units_high)?)?.checked_add(least)
    };
    exact().and_then(|amount| u64::try_from(amount).ok()).unwrap_or(u64::MAX)
}

/// `bps` of `amount`, rounded down.
pub fn share(amount: u64, bps: u16) -> Option<u64> {
    let product = u128::from(amount).checked_mul(u128::from(bps))?;
    u64::try_from(product.checked_div(u128::from(BPS))?).ok()
}

/// Take a slash from active and cooling stake in proportion: (from active, from cooling), together `amount`.
/// `amount` must be at most `active + cooling`. Cooling's part is rounded down.
pub fn split_slash(amount: u64, active: u64, cooling: u64) -> Option<(u64, u64)> {
    let total = u128::from(active).checked_add(u128::from(cooling))?;
    if u128::from(amount) > total {
        return None;
    }
    if amount == 0 {
        return Some((0, 0));
    }
    let from_cooling = u128::from(amount).checked_mul(u128::from(cooling))?.checked_div(total)?;
    let from_cooling = u64::try_from(from_cooling).ok()?;
    Some((amount.checked_sub(from_cooling)?, from_cooling))
}

/// The most that a slash may bring whom, in base units: whoever could make it happen must not live on it.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Most {
    pub harmed: u64,
    pub caller: u64,
}

impl Most {
    /// Their shares, whatever they come to.
    pub const UNBOUNDED: Self = Self { harmed: u64::MAX, caller: u64::MAX };
    /// Nothing: all is burned.
    pub const NOTHING: Self = Self { harmed: 0, caller: 0 };
}

/// Who gets a slash: (burned, harmed, caller), together `amount`. Shares are rounded down and are at most `most`; the rest is
/// burned.
pub fn split_proceeds(amount: u64, harmed_bps: u16, caller_bps: u16, most: Most) -> Option<(u64, u64, u64)> {
    let (harmed, caller) = (share(amount, harmed_bps)?.min(most.harmed), share(amount, caller_bps)?.min(most.caller));
    let burned = amount.checked_sub(harmed)?.checked_sub(caller)?;
    Some((burned, harmed, caller))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn examples() {
        assert_eq!(shares_for(100, 0, 0), Some(100));
        assert_eq!(shares_for(100, 50, 100), Some(200));
        assert_eq!(amount_for(200, 150, 300), Some(100));
        assert_eq!(shares_for(u64::MAX, 1, MAX_SHARES - 2), None);
        assert_eq!(shares_for(1, 1, MAX_SHARES >> 1), None);
        assert_eq!(amount_for(1, 1, MAX_SHARES), None);
        assert_eq!(per_unit(3, 2), Some(3 << 63));
        assert_eq!(per_unit(3, 0), None);
        assert_eq!(earned(3 << 63, 2), 3);
        assert_eq!(earned(u128::MAX, u128::MAX), u64::MAX);
        assert_eq!(share(999, 2_500), Some(249));
        assert_eq!(split_slash(50, 100, 100), Some((25, 25)));
        assert_eq!(split_slash(201, 100, 100), None);
        let split = |harmed, caller| split_proceeds(1_001, 4_000, 1_000, Most { harmed, caller });
        assert_eq!((split(400, 100), split(399, 99)), (Some((501, 400, 100)), Some((503, 399, 99))));
        assert_eq!((split(0, 100), split(400, 0)), (Some((901, 0, 100)), Some((601, 400, 0))));
        assert_eq!(split_proceeds(1_001, 4_000, 1_000, Most::UNBOUNDED), Some((501, 400, 100)));
        assert_eq!(split_proceeds(1_001, 4_000, 1_000, Most::NOTHING), Some((1_001, 0, 0)));
        // Without a bound it would be more than there is; what is bounded may be less.
        assert_eq!(split_proceeds(100, 9_000, 2_000, Most::UNBOUNDED), None);
    }

    proptest! {
        /// The heart of `first_depositor_inflation`: no sequence of buying and selling lifts a share above a base unit.
        #[test]
        fn a_share_never_costs_more_than_a_base_unit(
            total in 1u64..1 << 62, more in 0u128..1 << 60, amount in 1u64..1 << 62, part in 0u128..=1 << 20,
        ) {
            let held = u128::from(total) + more;
            let bought = shares_for(amount, total, held).unwrap();
            prop_assert!(bought >= u128::from(amount));
            let (total, held) = (total + amount, held + bought);
            prop_assert!(u128::from(total) <= held);
            let sold = held / (1 << 20) * part;
            let got = amount_for(sold, total, held).unwrap();
            prop_assert!(u128::from(total - got) <= held - sold);
            // Both that and what was sold are worth what they were, to the base unit.
            prop_assert!(amount_for(bought, total, held).unwrap() + 1 >= amount);
        }

        #[test]
        fn long_division_is_division(a in 0u128..1 << 60, b: u64, more in 0u128..1 << 60) {
            let c = a + more + 1;
            prop_assert_eq!(long_division(a, b, c), u64::try_from(a * u128::from(b) / c).ok());
        }

        /// `q` is the quotient of `a * b / c` if `q * c <= a * b < (q + 1) * c`: compared by the remainders, mod 2^128.
        #[test]
        fn long_division_of_long_numbers(a in 1u128..1 << 119, b: u64, more in 0u128..1 << 119) {
            let c = a + more;
            let q = u128::from(long_division(a, b, c).unwrap());
            // Right mod 2^128, and near enough for that to be all there is to say.
            prop_assert!(a.wrapping_mul(b.into()).wrapping_sub(q.wrapping_mul(c)) < c);
            let near = a as f64 / c as f64 * b as f64;
            prop_assert!((q as f64 - near).abs() <= 1.0 + near * 1e-12);
        }

        #[test]
        fn parts_of_a_reward_are_never_more_than_it(amount: u64, units in prop::collection::vec(0u128..1 << 100, 1..20)) {
            let all: u128 = units.iter().sum();
            prop_assume!(all > 0);
            let each = per_unit(amount, all).unwrap();
            let paid: u128 = units.iter().map(|units| u128::from(earned(each, *units))).sum();
            prop_assert!(paid <= u128::from(amount));
        }

        #[test]
        fn earned_is_exact(each in 0u128..1 << 96, units in 0u128..1 << 32) {
            prop_assert_eq!(earned(each, units), u64::try_from((each * units) >> 64).unwrap());
        }

        #[test]
        fn buying_and_selling_never_gains(amount in 1u64.., total in 1u64.., shares in 1u128..u128::from(u64::MAX)) {
            prop_assume!(amount.checked_add(total).is_some());
            let bought = shares_for(amount, total, shares).unwrap();
            prop_assert!(amount_for(bought, total + amount, shares + bought).unwrap() <= amount);
        }

        #[test]
        fn a_slash_is_whole_and_within_each_part(active: u64, cooling: u64, bps in 0u128..=10_000) {
            let total = u128::from(active) + u128::from(cooling);
            let amount = u64::try_from(total * bps / 10_000).unwrap_or(u64::MAX);
            let (a, c) = split_slash(amount, active, cooling).unwrap();
            prop_assert!(a <= active && c <= cooling);
            prop_assert_eq!(u128::from(a) + u128::from(c), u128::from(amount));
        }

        #[test]
        fn proceeds_are_whole_and_bounded(
            amount: u64, harmed in 0u16..=5_000, caller in 0u16..=5_000, most in (0u64.., 0u64..),
        ) {
            let most = Most { harmed: most.0, caller: most.1 };
            let (b, h, c) = split_proceeds(amount, harmed, caller, most).unwrap();
            prop_assert_eq!(u128::from(b) + u128::from(h) + u128::from(c), u128::from(amount));
            prop_assert!(h == share(amount, harmed).unwrap().min(most.harmed));
            prop_assert!(c == share(amount, caller).unwrap().min(most.caller));
        }
    }
}
