//! Pure arithmetic of the escrow program. Amounts in base units.

use crate::state::Strategy;

/// 100 %, in bps.
pub const BPS: u64 = 10_000;
/// Hard cap of the protocol fee, in bps.
pub const MAX_FEE_BPS: u16 = 2_000;
/// `bond_rate` is base units of ASY for this many base units of a payment mint.
pub const RATE_UNIT: u64 = 1_000_000_000;

/// Price of a seat: `units * price_per_unit`. `None` on overflow.
pub fn seat_price(units: u64, price_per_unit: u64) -> Option<u64> {
    units.checked_mul(price_per_unit)
}

/// Lamports of all the bounties that a job of this strategy may pay: see [`Strategy::cranks`].
pub fn bounties(bounty: u32, strategy: &Strategy) -> Option<u64> {
    u64::from(bounty).checked_mul(strategy.cranks().into())
}

/// `amount * bps / 10,000`, rounded up.
pub fn bps_up(amount: u64, bps: u16) -> Option<u64> {
    let product = u128::from(amount).checked_mul(u128::from(bps))?;
    u64::try_from(product.div_ceil(u128::from(BPS))).ok()
}

/// `amount * bps / 10,000`, rounded down.
pub fn bps_down(amount: u64, bps: u16) -> Option<u64> {
    let product = u128::from(amount).checked_mul(u128::from(bps))?;
    u64::try_from(product.checked_div(u128::from(BPS))?).ok()
}

/// The part of `price` between two of its points in bps. Slices that follow one another add up to what they span, to the
/// base unit.
pub fn slice(price: u64, from_bps: u16, to_bps: u16) -> Option<u64> {
    bps_down(price, to_bps)?.checked_sub(bps_down(price, from_bps)?)
}

/// What a seat gets of `worth` when the requester cancels after `elapsed` of `window` seconds: that part of it, but at
/// least `floor_bps` and at most all; rounded down.
pub fn for_time(worth: u64, elapsed: i64, window: u32, floor_bps: u16) -> Option<u64> {
    let elapsed = u64::try_from(elapsed.max(0)).ok()?.min(window.into());
    let product = u128::from(worth).checked_mul(u128::from(elapsed))?;
    let part = u64::try_from(product.checked_div(u128::from(window.max(1)))?).ok()?;
    Some(part.max(bps_down(worth, floor_bps)?).min(worth))
}

/// The bond of a seat in ASY: `bond_bps` of its price at the mint's rate, rounded up.
pub fn bond(seat_price: u64, bond_bps: u16, bond_rate: u64) -> Option<u64> {
    let product = u128::from(bps_up(seat_price, bond_bps)?).checked_mul(u128::from(bond_rate))?;
    u64::try_from(product.div_ceil(u128::from(RATE_UNIT))).ok()
}

/// The most that the requester, and as much that the caller may get of a slash after a round: half of the fee on one seat in ASY,
/// as `bond` values its `price`, rounded down.
///
/// A seat that loses to others costs its requester nothing, and its price comes back. Whoever posts a job, wins it and slashes
/// who is in its way has paid more than one winner's fee for each loser of a quorum, and never gets it back: a bond is at
/// most the price ([`bond`], `EscrowParams::validate`).
pub fn half_fee(bond: u64, price: u64, fee_bps: u16) -> Option<u64> {
    let product = u128::from(bond).checked_mul(u128::from(bps_down(price, fee_bps)?))?;
    u64::try_from(product.checked_div(u128::from(price))?.checked_div(2)?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::state::Strategy;

    #[test]
    fn examples() {
        assert_eq!((seat_price(32, 1_000), seat_price(u64::MAX, 2)), (Some(32_000), None));
        assert_eq!(bounties(5_000, &Strategy::ORDINARY), Some(30_000));
        assert_eq!(bounties(u32::MAX, &Strategy::plain(7, 4)), Some(u64::from(u32::MAX) * 10));
        assert_eq!((bps_down(10_001, 250), bps_down(u64::MAX, 10_000)), (Some(250), Some(u64::MAX)));
        assert_eq!(slice(10_001, 2_500, 5_000), Some(2_500));
        assert_eq!(slice(1, 5_000, 2_500), Some(0));
        assert_eq!(slice(100, 5_000, 2_500), None);
        assert_eq!(bps_up(1, 1), Some(1));
        // A fee of 25,000 is 15,000,019 of ASY where the whole price is secured by 600,020,000.
        assert_eq!(half_fee(600_020_000, 1_000_032, 250), Some(7_500_009));
        assert_eq!((half_fee(80, 40, 250), half_fee(80, 39, 250), half_fee(80, 0, 250)), (Some(1), Some(0), None));
        // 30 % of 1 USD (6 decimals) at 2 ASY (9 decimals) a dollar is 0.6 ASY.
        assert_eq!(bond(1_000_000, 3_000, 2_000_000_000_000), Some(600_000_000));
    }

    #[test]
    fn a_cancelled_seat_is_paid_for_its_time() {
        assert_eq!(for_time(1_000, 0, 70, 1_000), Some(100));
        assert_eq!(for_time(1_000, -5, 70, 1_000), Some(100));
        assert_eq!(for_time(1_000, 35, 70, 1_000), Some(500));
        assert_eq!(for_time(1_000, 70, 70, 1_000), Some(1_000));
        assert_eq!(for_time(1_000, 71, 70, 10_000), Some(1_000));
        assert_eq!(for_time(1_000, i64::MAX, 0, 0), Some(0));
        assert_eq!(for_time(u64::MAX, i64::MAX, u32::MAX, 0), Some(u64::MAX));
    }

    proptest! {
        #[test]
        fn slices_add_up(price: u64, cuts in prop::collection::vec(0u16..=10_000, 0..8)) {
            let mut points = [vec![0, 10_000], cuts].concat();
            points.sort_unstable();
            let sum: u128 = points.windows(2).map(|two| u128::from(slice(price, two[0], two[1]).unwrap())).sum();
            prop_assert_eq!(sum, u128::from(price));
        }

        #[test]
        fn shares_never_exceed_what_they_share(amount: u64, bps in prop::collection::vec(0u16..=2_000, 0..5)) {
            let sum: u128 = bps.iter().map(|bps| u128::from(bps_down(amount, *bps).unwrap())).sum();
            let all: u128 = bps.iter().map(|bps| u128::from(*bps)).sum();
            prop_assert!(sum * 10_000 <= u128::from(amount) * all);
        }

        /// Both halves are never more than the fee on one seat, however it is priced and rounded: to a base unit of ASY.
        #[test]
        fn a_slash_is_less_than_a_fee(
            price in 1u64..1 << 50, bond_bps in 0u16..=10_000, fee in 0u16..=2_000, rate in 1u64..1 << 40,
        ) {
            let secured = bond(price, bond_bps, rate);
            prop_assume!(secured.is_some());
            let both = u128::from(half_fee(secured.unwrap(), price, fee).unwrap()) * 2;
            let paid = u128::from(bps_down(price, fee).unwrap()) * u128::from(rate);
            prop_assert!(both * u128::from(RATE_UNIT) < paid + u128::from(RATE_UNIT));
            prop_assert!(paid > 0 || both == 0);
        }

        #[test]
        fn time_pays_between_floor_and_all(worth: u64, elapsed: i64, window: u32, floor in 0u16..=10_000) {
            let part = for_time(worth, elapsed, window, floor).unwrap();
            prop_assert!(part <= worth && part >= bps_down(worth, floor).unwrap());
        }
    }
}
