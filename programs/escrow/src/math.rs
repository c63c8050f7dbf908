//! Pure arithmetic of the escrow program. Amounts in base units.

/// 100 %, in bps.
pub const BPS: u64 = 10_000;
/// Hard cap of the protocol fee, in bps.
pub const MAX_FEE_BPS: u16 = 2_000;
/// `bond_rate` is base units of ASY for this many base units of a payment mint.
pub const RATE_UNIT: u64 = 1_000_000_000;

/// (price of a seat, deposit for all): `units * price_per_unit`, times `replicas`. `None` on overflow.
pub fn prices(units: u64, price_per_unit: u64, replicas: u8) -> Option<(u64, u64)> {
    let seat = units.checked_mul(price_per_unit)?;
    Some((seat, seat.checked_mul(u64::from(replicas))?))
}

/// `amount * bps / 10,000`, rounded up.
pub fn bps_up(amount: u64, bps: u16) -> Option<u64> {
    let product = u128::from(amount).checked_mul(u128::from(bps))?;
    u64::try_from(product.div_ceil(u128::from(BPS))).ok()
}

/// (fee, what the operator gets): the fee is rounded down, the two add up to `price`.
pub fn split_price(price: u64, fee_bps: u16) -> Option<(u64, u64)> {
    let product = u128::from(price).checked_mul(u128::from(fee_bps))?;
    let fee = u64::try_from(product.checked_div(u128::from(BPS))?).ok()?;
    Some((fee, price.checked_sub(fee)?))
}

/// The bond of a seat in ASY: `bond_bps` of its price at the mint's rate, rounded up.
pub fn bond(seat_price: u64, bond_bps: u16, bond_rate: u64) -> Option<u64> {
    let product = u128::from(bps_up(seat_price, bond_bps)?).checked_mul(u128::from(bond_rate))?;
    u64::try_from(product.div_ceil(u128::from(RATE_UNIT))).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn examples() {
        assert_eq!(prices(32, 1_000, 3), Some((32_000, 96_000)));
        assert_eq!(prices(u64::MAX, 2, 1), None);
        assert_eq!(prices(1 << 32, 1 << 31, 3), None);
        assert_eq!(split_price(10_001, 250), Some((250, 9_751)));
        assert_eq!(bps_up(1, 1), Some(1));
        // 30 % of 1 USD (6 decimals) at 2 ASY (9 decimals) a dollar is 0.6 ASY.
        assert_eq!(bond(1_000_000, 3_000, 2_000_000_000_000), Some(600_000_000));
    }

    proptest! {
        #[test]
        fn a_price_is_split_exactly(price: u64, bps in 0u16..=MAX_FEE_BPS) {
            let (fee, paid) = split_price(price, bps).unwrap();
            prop_assert_eq!(u128::from(fee) + u128::from(paid), u128::from(price));
            prop_assert!(u128::from(fee) * 10_000 <= u128::from(price) * u128::from(bps));
        }
    }
}
