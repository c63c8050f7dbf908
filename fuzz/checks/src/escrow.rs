//! Prices, fees and bonds: against the same in 128 bits.

use assay_escrow::math;

pub fn check(data: &[u8]) {
    let Some((units, price, replicas, bps, rate)) = crate::read::<(u64, u64, u8, u16, u64)>(data) else { return };
    let seat = u128::from(units) * u128::from(price);
    let whole = seat.saturating_mul(u128::from(replicas));
    match math::prices(units, price, replicas) {
        Some((one, all)) => assert_eq!((u128::from(one), u128::from(all)), (seat, whole)),
        None => assert!(seat > u128::from(u64::MAX) || whole > u128::from(u64::MAX)),
    }
    let up = (u128::from(price) * u128::from(bps)).div_ceil(10_000);
    assert_eq!(math::bps_up(price, bps).map(u128::from), Some(up).filter(|up| *up <= u128::from(u64::MAX)));
    if let Some((fee, paid)) = math::split_price(price, bps) {
        assert_eq!(u128::from(fee) + u128::from(paid), u128::from(price));
        assert!(u128::from(fee) * 10_000 <= u128::from(price) * u128::from(bps), "the fee is rounded down");
    } else {
        assert!(bps > 10_000);
    }
    if let Some(bond) = math::bond(price, bps, rate) {
        let exact = u128::from(price) * u128::from(bps);
        // Rounded up twice: never below what the rate says.
        assert!(u128::from(bond) >= (exact / 10_000) * u128::from(rate) / u128::from(math::RATE_UNIT));
    }
}
