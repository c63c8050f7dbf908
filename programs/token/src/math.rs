//! Pure arithmetic of the token program.

/// 100 %, in bps.
pub const BPS: u64 = 10_000;

/// Split collected fees into (burned, treasury). The burn is rounded down; the two add up to `amount` exactly.
///
/// * `amount`: base units; `burn_bps`: at most [`BPS`], else `None`.
pub fn split_fees(amount: u64, burn_bps: u16) -> Option<(u64, u64)> {
    if u64::from(burn_bps) > BPS {
        return None;
    }
    let burned = u128::from(amount).checked_mul(u128::from(burn_bps))?.checked_div(u128::from(BPS))?;
    let burned = u64::try_from(burned).ok()?;
    Some((burned, amount.checked_sub(burned)?))
}

/// What has been minted ever after minting `amount` more, or `None` above the cap (or above `u64::MAX`).
pub fn minted_after(minted: u64, amount: u64, max_supply: u64) -> Option<u64> {
    minted.checked_add(amount).filter(|after| *after <= max_supply)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_is_exact_and_rounds_the_burn_down() {
        assert_eq!(split_fees(10_001, 5_000), Some((5_000, 5_001)));
        assert_eq!(split_fees(u64::MAX, 10_000), Some((u64::MAX, 0)));
        assert_eq!(split_fees(7, 0), Some((0, 7)));
        assert_eq!(split_fees(7, 10_001), None);
    }

    #[test]
    fn cap_counts_all_ever_minted() {
        assert_eq!(minted_after(90, 10, 100), Some(100));
        assert_eq!(minted_after(90, 11, 100), None);
        assert_eq!(minted_after(u64::MAX, 1, u64::MAX), None);
    }
}
