//! Pure arithmetic of the staking program: shares and slashes. All amounts are base units.

/// 100 %, in bps.
pub const BPS: u64 = 10_000;

/// Shares that `amount` buys, rounded down: never worth more than was paid.
/// The first shares of an empty pool cost one base unit each.
pub fn shares_for(amount: u64, total: u64, total_shares: u128) -> Option<u128> {
    if total_shares == 0 {
        return Some(u128::from(amount));
    }
    u128::from(amount).checked_mul(total_shares)?.checked_div(u128::from(total))
}

/// What `shares` are worth, rounded down: the rest stays with the others. All shares are worth exactly `total`.
pub fn amount_for(shares: u128, total: u64, total_shares: u128) -> Option<u64> {
    if shares > total_shares {
        return None;
    }
    if shares == total_shares {
        return Some(total);
    }
    match shares.checked_mul(u128::from(total)) {
        Some(product) => u64::try_from(product.checked_div(total_shares)?).ok(),
        // Only after losses of more than 2^64 to one: lose precision, never access. Price of a base unit, rounded up.
        None => {
            let price = total_shares.checked_div(u128::from(total.max(1)))?.checked_add(1)?;
            u64::try_from(shares.checked_div(price)?).ok()
        }
    }
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

/// Who gets a slash: (burned, harmed, caller), together `amount`. Shares are rounded down and the dust is burned.
pub fn split_proceeds(amount: u64, harmed_bps: u16, caller_bps: u16) -> Option<(u64, u64, u64)> {
    let part = |bps: u16| -> Option<u64> {
        let product = u128::from(amount).checked_mul(u128::from(bps))?;
        u64::try_from(product.checked_div(u128::from(BPS))?).ok()
    };
    let (harmed, caller) = (part(harmed_bps)?, part(caller_bps)?);
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
        assert_eq!(split_slash(50, 100, 100), Some((25, 25)));
        assert_eq!(split_slash(201, 100, 100), None);
        assert_eq!(split_proceeds(1_001, 4_000, 1_000), Some((501, 400, 100)));
    }

    proptest! {
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
        fn proceeds_are_whole(amount: u64, harmed in 0u16..=5_000, caller in 0u16..=5_000) {
            let (b, h, c) = split_proceeds(amount, harmed, caller).unwrap();
            prop_assert_eq!(u128::from(b) + u128::from(h) + u128::from(c), u128::from(amount));
        }
    }
}
